package fedexapp;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotEquals;
import static org.junit.Assert.assertTrue;

import android.content.res.Resources;
import fedexclient.FedexException;
import fedexclient.Trouble;
import fedexclient.contract.ContractException;
import fedexclient.contract.Invitation;
import fedexclient.contract.Label;
import fedexclient.contract.Problem;
import fedexclient.service.RefusedException;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.Test;

public class SentencesTest extends ScreenTestCase {
  /** What is spelt alike in both languages. */
  private static final Set<String> ALIKE = new HashSet<>(Arrays.asList("app_name", "enrol_url_hint",
      "enrol_invitation_hint", "enrol_code", "other", "ending", "ending_when"));

  private static List<Class<?>> exceptionsOfTheLibrary() throws IOException, ClassNotFoundException {
    Path classes = Paths.get(System.getProperty("fedex.client"));
    List<Class<?>> exceptions = new ArrayList<>();
    try (Stream<Path> files = Files.walk(classes)) {
      for (Path file : (Iterable<Path>) files.filter(path -> path.toString().endsWith("Exception.class"))::iterator) {
        String name = classes.relativize(file).toString().replace(".class", "").replace('/', '.');
        Class<?> type = Class.forName(name);
        boolean hasAnotherInside = type == FedexException.class;
        if (!hasAnotherInside && Modifier.isPublic(type.getModifiers()) && !Modifier.isAbstract(type.getModifiers())) {
          exceptions.add(type);
        }
      }
    }
    return exceptions;
  }

  @Test
  public void everyTypedExceptionOfTheLibraryHasASentence() throws Exception {
    List<Class<?>> exceptions = exceptionsOfTheLibrary();
    assertTrue("all were found", exceptions.size() >= 28);
    for (Class<?> type : exceptions) {
      assertNotEquals(type.getName(), R.string.error_unexpected, Sentences.ofClass(type));
    }
  }

  @Test
  public void whateverWentWrongInAnEarlierLifeHasASentence() {
    for (Trouble trouble : Trouble.values()) {
      assertNotEquals(trouble.name(), R.string.error_unexpected, Sentences.ofTrouble(trouble));
    }
  }

  @Test
  public void whatNobodyThoughtOfIsCalledUnexpected() {
    assertEquals(app().getString(R.string.error_unexpected),
        Sentences.of(app().getResources(), new IllegalStateException("of no interest")));
  }

  @Test
  public void aRefusalIsExplainedByItsReason() {
    for (Problem problem : Problem.values()) {
      RefusedException refused = new RefusedException("of no interest", problem, Collections.emptyList());
      String sentence = Sentences.of(app().getResources(), refused);
      assertTrue(problem + ": " + sentence, sentence.endsWith("."));
      assertNotEquals(sentence, Sentences.of(in(Locale.GERMAN), refused));
    }
  }

  @Test
  public void aNameAndAnInvitationHaveSentencesOfTheirOwn() {
    assertEquals(app().getString(R.string.error_name), sentence(() -> Label.of("unknown")));
    assertEquals(app().getString(R.string.error_name), sentence(() -> Label.of("a".repeat(65))));
    assertEquals(app().getString(R.string.error_invitation), sentence(() -> Invitation.parse("fedex://enrol?v=1")));
    assertEquals(app().getString(R.string.error_invitation), sentence(() -> Invitation.parse("fedex://enrol?v=2")));
  }

  private static String sentence(Refused refused) {
    try {
      refused.run();
      throw new AssertionError("expected a refusal");
    } catch (ContractException error) {
      return Sentences.of(app().getResources(), error);
    }
  }

  @Test
  public void everyTextIsThereInBothLanguagesAndEverySentenceIsOne() throws Exception {
    Resources german = in(Locale.GERMAN);
    for (Field field : R.string.class.getFields()) {
      String english = app().getString(field.getInt(null));
      String text = german.getString(field.getInt(null));
      assertEquals(field.getName(), ALIKE.contains(field.getName()), english.equals(text));
      if (field.getName().startsWith("error_") || field.getName().startsWith("problem_")) {
        assertEquals(field.getName(), 1, english.split("\\.(\\s|$)").length);
        assertTrue(field.getName(), english.endsWith(".") && text.endsWith("."));
      }
    }
  }

  /** Everybody is "du", also where a text begins with "Sie"; a release is an "Ausgabe", and an app is "aktualisiert". */
  @Test
  public void germanHasOneFormOfAddressAndOneWordForEachThing() throws Exception {
    Resources german = in(Locale.GERMAN);
    Pattern refused = Pattern.compile("[a-zäöüß,;] (Sie|Ihnen|Ihr|Ihre[mnrs]?)\\b|Fassung|neuesten Stand|Release");
    for (Field field : R.string.class.getFields()) {
      assertFalse(field.getName(), refused.matcher(german.getString(field.getInt(null))).find());
    }
  }

  @Test
  public void whatIsCountedIsThereInBothLanguages() throws Exception {
    for (Field field : R.plurals.class.getFields()) {
      for (int count : new int[] {1, 5}) {
        String english = in(Locale.ENGLISH).getQuantityText(field.getInt(null), count).toString();
        assertNotEquals(field.getName(), english,
            in(Locale.GERMAN).getQuantityText(field.getInt(null), count).toString());
      }
    }
  }

  /** Something that is refused. */
  private interface Refused {
    void run() throws ContractException;
  }
}
