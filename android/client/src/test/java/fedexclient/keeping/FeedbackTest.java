package fedexclient.keeping;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.cache.NoInferenceException;
import fedexclient.cache.Outside;
import fedexclient.cache.StoredInference;
import fedexclient.contract.ContractException;
import fedexclient.recognise.Answers;
import fedexclient.recognise.Ranked;
import java.util.List;
import org.junit.Test;

public class FeedbackTest extends KeepingTestCase {
  private static StoredInference stored(boolean isUnknown, Ranked... results) {
    return new StoredInference(4, List.of(results), isUnknown, 0, 0);
  }

  private Feedback feedback() {
    return new Feedback(cache, ORIGIN, () -> 9);
  }

  private long inference() throws Exception {
    return keeper(first).keep(photo(1), List.of(Answers.of(1, 2, 3, 4))).get(0).inference();
  }

  @Test
  public void right_means_the_best_label() throws Exception {
    assertEquals("Ada", Feedback.rightLabel(stored(false, new Ranked("Ada", 0.4), new Ranked("Ben", 0.3))));
  }

  @Test
  public void right_is_refused_of_an_unknown_answer() throws Exception {
    long id = keeper(first).keep(photo(1), List.of(Answers.unknown(1, 2, 3, 4))).get(0).inference();
    UnknownAnswerException error = assertThrows(UnknownAnswerException.class, () -> feedback().agree(id));
    assertEquals("inference 1: expected a label, as the answer was unknown, got right", error.getMessage());
    assertThrows(UnknownAnswerException.class, () -> Feedback.rightLabel(stored(false)));
    assertEquals("Zoe", feedback().correct(id, "Zoe").label());
    assertEquals(List.of("Zoe"), Outside.rows(file(), "SELECT label FROM feedback"));
  }

  /** It would spoil every upload that it goes into; the release it came from was read as it stands. */
  @Test
  public void a_right_answer_whose_label_no_upload_may_have_is_refused() {
    StoredInference answer = stored(false, new Ranked("x\ud80d\udc3cy", 0.9));
    assertThrows(ContractException.class, () -> Feedback.rightLabel(answer));
  }

  @Test
  public void a_label_is_normalised_and_trimmed() throws Exception {
    assertEquals("Zo\u00eb", feedback().correct(inference(), "  Zoe\u0308 ").label());
  }

  @Test
  public void a_text_that_is_no_label_is_refused_and_nothing_is_kept() throws Exception {
    long id = inference();
    for (String text : List.of("", "   ", "x".repeat(65), "x".repeat(10_000), "a\0b", "a\u001bb", "a\u0378",
        "\u202eevil", "\ud800", "unknown")) {
      assertThrows(ContractException.class, () -> feedback().correct(id, text), text);
    }
    assertEquals(List.of(), Outside.rows(file(), "SELECT label FROM feedback"));
  }

  @Test
  public void feedback_on_an_inference_that_is_not_there_is_refused() {
    assertThrows(NoInferenceException.class, () -> feedback().agree(5));
    assertThrows(NoInferenceException.class, () -> feedback().correct(5, "Ada"));
  }

  @Test
  public void feedback_is_kept_with_its_group() throws Exception {
    long id = inference();
    KeptFeedback right = feedback().agree(id);
    KeptFeedback other = feedback().correct(id, "Zoe");
    assertEquals(List.of("Ada", "Zoe"), List.of(right.label(), other.label()));
    assertTrue(other.revision() > right.revision());
    assertEquals(List.of("Ada|1|" + ORIGIN + "|9|null", "Zoe|0|" + ORIGIN + "|9|null"),
        Outside.rows(file(), "SELECT label, is_right, origin, given_ms, upload FROM feedback ORDER BY revision"));
  }
}
