package fedexclient;

import android.content.ContentResolver;
import android.net.Uri;
import fedexclient.contract.Strictness;
import fedexclient.keeping.Example;
import fedexclient.keeping.Keeper;
import fedexclient.keeping.KeptAnswer;
import fedexclient.photos.Photo;
import fedexclient.photos.PhotoDecoder;
import fedexclient.photos.PhotoTooLargeException;
import fedexclient.recognise.Answer;
import fedexclient.recognise.RecogniseException;
import fedexclient.recognise.Recognizer;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Recognises photos, and keeps what it said of them for feedback. For the thread that opened it, and not the main one;
 * each thread has its own, with models of its own.
 */
public final class PhotoRecognizer implements AutoCloseable {
  private final Recognizer recognizer;
  private final PhotoDecoder decoder;
  private final Keeper keeper;

  PhotoRecognizer(Recognizer recognizer, PhotoDecoder decoder, Keeper keeper) {
    this.recognizer = recognizer;
    this.decoder = decoder;
    this.keeper = keeper;
  }

  private interface Decoding {
    Photo run() throws RecogniseException;
  }

  /**
   * Answers a photo that the app was pointed to: each of its faces, widest first, and nothing where there is none; of
   * a bundle that is not of faces the whole photo, once.
   *
   * <p>Boxes are in the pixels of the file, turned upright, also of a photo that was decoded at a part of its size.
   *
   * <p>An answer that could not be kept is as good as any other, and says why.
   *
   * @throws FedexException with {@link Trouble#PHOTO} for what is no photo, or one that there is no memory for, {@link
   *     Trouble#MODEL} for models that fail
   */
  public List<KeptAnswer> recognise(ContentResolver resolver, Uri uri) throws FedexException {
    return recognise(() -> decoder.decode(resolver, uri));
  }

  /** Answers the photo that a stream gives up to its end; who opened it closes it. As the others. */
  public List<KeptAnswer> recognise(InputStream stream) throws FedexException {
    return recognise(() -> decoder.decode(stream));
  }

  /** Answers a photo by the bytes of its file. As the others. */
  public List<KeptAnswer> recognise(byte[] file) throws FedexException {
    return recognise(() -> decoder.decode(file));
  }

  private List<KeptAnswer> recognise(Decoding decoding) throws FedexException {
    try {
      Photo photo = decoding.run();
      List<Answer> answers = new ArrayList<>();
      for (Answer answer : recognizer.recognise(photo.pixels())) {
        answers.add(answer.enlarged(photo.divisor()));
      }
      return keeper.keep(Example.ofFile(photo.fileSha256()), answers);
    } catch (RecogniseException error) {
      throw new FedexException(error);
    } catch (OutOfMemoryError error) { // of one photo: what it took is free again
      throw new FedexException(new PhotoTooLargeException("photo: there is no memory to recognise it", error));
    }
  }

  /** Chooses when "unknown" is answered, from the next answer on; null: as the group's operator chose. */
  public void setStrictness(@Nullable Strictness choice) {
    recognizer.setStrictness(choice);
  }

  /** Of which release the head is that answers now; 0: the bundle's. */
  public long headSerial() {
    return recognizer.headSerial();
  }

  /** What was stepped over for that head, and why, for whoever looks for the cause; empty where nothing was. */
  public List<String> warnings() {
    return recognizer.warnings();
  }

  @Override
  public void close() {
    recognizer.close();
  }
}
