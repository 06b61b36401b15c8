package fedexclient.recognise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.contract.Box;
import fedexclient.contract.PhotoInput;
import fedexclient.contract.Tensor;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** In 200 drawn photos the same faces are found as by the Python device, and the same ones are subjects. */
class FacesParityTest {
  private static final int FIRST_EDGE = 2;

  @Test
  void the_same_faces_are_found_as_by_the_python_device() throws Exception {
    Fixture fixture = Fixture.require();
    List<int[]> found = new ArrayList<>();
    try (Model detector = fixture.models().detector()) {
      RegionFinder finder = new RegionFinder((PhotoInput) fixture.bundle().facts().input(), detector);
      List<Path> photos = fixture.photos();
      assertEquals(200, photos.size());
      for (int photo = 0; photo < photos.size(); photo++) {
        for (Region region : finder.find(Fixture.decode(photos.get(photo).toFile()))) {
          Box box = region.box();
          int subject = region.isSubject() ? 1 : 0;
          found.add(new int[] {photo, subject, box.left(), box.top(), box.right(), box.bottom()});
        }
      }
    }
    compare(expected(fixture.expected()), found);
  }

  /** An edge between two pixels may be of either. */
  private static void compare(List<int[]> expected, List<int[]> found) {
    assertEquals(expected.size(), found.size());
    for (int face = 0; face < found.size(); face++) {
      for (int place = 0; place < found.get(face).length; place++) {
        int off = Math.abs(found.get(face)[place] - expected.get(face)[place]);
        assertTrue(off <= (place < FIRST_EDGE ? 0 : 1), "number " + place + " of face " + face + ": off by " + off);
      }
    }
  }

  /** Photo, whether it is the subject, box. */
  private static List<int[]> expected(Map<String, Tensor> tensors) {
    ByteBuffer photos = tensors.get("photo").bytes();
    ByteBuffer boxes = tensors.get("box").bytes();
    ByteBuffer subjects = tensors.get("subject").bytes();
    List<int[]> expected = new ArrayList<>();
    while (photos.hasRemaining()) {
      expected.add(new int[] {photos.getInt(), subjects.get(), boxes.getInt(), boxes.getInt(), boxes.getInt(),
          boxes.getInt()});
    }
    return expected;
  }
}
