package fedexclient;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;

import fedexclient.contract.DeviceBundle;
import fedexclient.recognise.ModelRuntime;
import fedexclient.recognise.ScriptedBundle;
import fedexclient.recognise.ScriptedRecognizer;
import org.junit.Test;

/** A device of a bundle that takes tensors, whose golden input is a file of numpy's. */
public final class TensorsTest extends FedexTestCase {
  private boolean isBroken;

  @Override
  DeviceBundle copyBundle() throws Exception {
    return ScriptedBundle.copy("device-bundle-tensor", bundleFolder);
  }

  /** Gives the golden feature for what begins as the golden input: 0, 1; and something else where it is broken. */
  @Override
  ModelRuntime runtime() {
    float[] golden = bundle.goldenFeature();
    return ScriptedRecognizer.tensors(taken ->
        taken.getShort(0) == 0 && taken.getShort(2) == 1 && !isBroken ? golden.clone() : new float[] {0, 0, 0, -1});
  }

  private void teach(String label, int first) throws Exception {
    try (TensorRecognizer recognizer = fedex.tensorRecognizer()) {
      assertEquals(4_000L, (long) recognizer.input().shape().get(0));
      byte[] values = new byte[8_000];
      values[0] = (byte) first;
      fedex.correct(recognizer.recognise(values).inference(), label);
      assertTrouble(Trouble.PHOTO, () -> recognizer.recognise(new byte[7_999]));
    }
  }

  @Test
  public void a_tensor_becomes_a_sample_as_its_golden_input_passes() throws Exception {
    teach("creak", 7);
    join();
    assertNull(push().problem());
    assertEquals(1, fedex.status().samples().acknowledged());
    assertNull(fedex.status().lastPush().trouble());
  }

  @Test
  public void of_models_that_compute_something_else_nothing_is_sent() throws Exception {
    isBroken = true;
    teach("creak", 7);
    join();
    assertEquals(0, push().uploads());
    SampleCounts samples = fedex.status().samples();
    assertEquals(1, samples.keptBack());
    assertEquals(0, samples.waiting());
    assertEquals(Trouble.KEPT_BACK.name(), fedex.status().lastPush().trouble());
    assertEquals(0, service.count("PUT"));
  }

  @Test
  public void a_photo_is_nothing_for_it() throws Exception {
    try (PhotoRecognizer recognizer = fedex.recognizer()) {
      assertTrouble(Trouble.PHOTO, () -> recognizer.recognise(photo(1)));
    }
  }
}
