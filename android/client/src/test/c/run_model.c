/*
 * Runs a model on inputs, by TensorFlow Lite's library of an APK and its C interface, in one thread. For tests alone.
 *
 *     run_model MODEL INPUTS OUTPUTS
 *
 * INPUTS holds the model's input, again and again; OUTPUTS gets an output for each.
 */
#include <stdio.h>
#include <stdlib.h>

/* Of TensorFlow Lite's c_api.h, which the AAR brings without all that it includes. */
typedef struct TfLiteModel TfLiteModel;
typedef struct TfLiteInterpreterOptions TfLiteInterpreterOptions;
typedef struct TfLiteInterpreter TfLiteInterpreter;
typedef struct TfLiteTensor TfLiteTensor;
enum { kTfLiteOk = 0 };
TfLiteModel *TfLiteModelCreateFromFile(const char *path);
void TfLiteModelDelete(TfLiteModel *model);
TfLiteInterpreterOptions *TfLiteInterpreterOptionsCreate(void);
void TfLiteInterpreterOptionsDelete(TfLiteInterpreterOptions *options);
void TfLiteInterpreterOptionsSetNumThreads(TfLiteInterpreterOptions *options, int threads);
TfLiteInterpreter *TfLiteInterpreterCreate(const TfLiteModel *model, const TfLiteInterpreterOptions *options);
void TfLiteInterpreterDelete(TfLiteInterpreter *interpreter);
int TfLiteInterpreterAllocateTensors(TfLiteInterpreter *interpreter);
int TfLiteInterpreterInvoke(TfLiteInterpreter *interpreter);
TfLiteTensor *TfLiteInterpreterGetInputTensor(const TfLiteInterpreter *interpreter, int index);
const TfLiteTensor *TfLiteInterpreterGetOutputTensor(const TfLiteInterpreter *interpreter, int index);
size_t TfLiteTensorByteSize(const TfLiteTensor *tensor);
void *TfLiteTensorData(const TfLiteTensor *tensor);
int TfLiteTensorCopyFromBuffer(TfLiteTensor *tensor, const void *data, size_t size);

/*
 * On arm64 code for Android looks for its stack's guard 40 bytes behind the thread's pointer, where glibc lays the
 * program's variables of a thread: this one, which stays as it is.
 */
__thread volatile long guard[16] = {1};

static void check(int is_right, const char *what) {
  if (!is_right) {
    fprintf(stderr, "run_model: %s\n", what);
    exit(1);
  }
}

int main(int count, char **arguments) {
  check(count == 4 && guard[0] == 1, "expected MODEL INPUTS OUTPUTS");
  TfLiteModel *model = TfLiteModelCreateFromFile(arguments[1]);
  check(model != NULL, "no model");
  TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
  TfLiteInterpreterOptionsSetNumThreads(options, 1);
  TfLiteInterpreter *interpreter = TfLiteInterpreterCreate(model, options);
  check(interpreter && TfLiteInterpreterAllocateTensors(interpreter) == kTfLiteOk, "the model does not open");
  TfLiteTensor *input = TfLiteInterpreterGetInputTensor(interpreter, 0);
  const TfLiteTensor *output = TfLiteInterpreterGetOutputTensor(interpreter, 0);
  FILE *inputs = fopen(arguments[2], "rb"), *outputs = fopen(arguments[3], "wb");
  check(inputs && outputs, "no such file");
  size_t taken = TfLiteTensorByteSize(input), given = TfLiteTensorByteSize(output);
  char *values = malloc(taken);
  while (fread(values, taken, 1, inputs) == 1) {
    check(TfLiteTensorCopyFromBuffer(input, values, taken) == kTfLiteOk, "the input does not fit");
    check(TfLiteInterpreterInvoke(interpreter) == kTfLiteOk, "the model does not run");
    check(fwrite(TfLiteTensorData(output), given, 1, outputs) == 1, "the output cannot be written");
  }
  check(fclose(outputs) == 0, "the output cannot be written");
  TfLiteInterpreterDelete(interpreter);
  TfLiteInterpreterOptionsDelete(options);
  TfLiteModelDelete(model);
  return 0;
}
