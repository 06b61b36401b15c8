package fedexclient.service;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.contract.BundleFolder;
import fedexclient.contract.Channel;
import fedexclient.contract.Codec;
import fedexclient.contract.DeviceBundle;
import fedexclient.contract.DeviceId;
import fedexclient.contract.Problem;
import fedexclient.contract.Sample;
import fedexclient.contract.SelfTest;
import fedexclient.contract.Setup;
import fedexclient.contract.Sha256;
import fedexclient.contract.Upload;
import fedexclient.contract.UploadHeader;
import fedexclient.contract.UploadWriter;
import fedexclient.trust.KeyRefusedException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The project's own service, under gunicorn, asked by the JDK's connections and by Android's. */
@Timeout(120)
class RealServiceTest {
  @TempDir Path folder;

  private RealService service;
  private String space;

  @BeforeEach
  void find() throws Exception {
    service = RealService.running();
    space = UploadHeader.parse(upload()).space();
  }

  /** Five samples of the bundle's space; the same each time. */
  private byte[] upload() throws Exception {
    DeviceBundle bundle = DeviceBundle.read(new BundleFolder(service.bundles().get(0).toFile()));
    float[] feature = new float[bundle.facts().shape().elements()];
    List<Sample> samples = new ArrayList<>();
    for (int number = 0; number < 5; number++) {
      feature[0] = number;
      samples.add(new Sample(Arrays.copyOf(new byte[] {(byte) number}, 16), 1 + number, "Ada", feature.clone()));
    }
    SelfTest passed = SelfTest.of(Setup.of("fedex 1", "tflite 2.16.1", "cpu, 1 thread", "Android 14"), 999_990);
    return UploadWriter.seal(
        new Upload(bundle.facts().space(), passed, bundle.facts().shape(), samples), Codec.FLOAT16);
  }

  private static String name(byte[] upload) {
    return Sha256.hex(upload);
  }

  private Enroller enroller(Platform platform) {
    IdentityStore store = new IdentityStore(folder.resolve("home"), new AesVault(1));
    Transport transport = platform.transport(20_000);
    return new Enroller(store, new KeptHeads(folder), Connect.byHttp(transport, new Stop()), new Stop(), identity -> false,
        () -> System.currentTimeMillis() / 1000);
  }

  private Identity enrolled(Platform platform) throws Exception {
    return enroller(platform).enrol(service.url(), service.code("family"), service.fingerprint()).identity();
  }

  private HttpService client(Platform platform, Identity identity) throws Exception {
    return HttpService.of(identity, identity.url(), platform.transport(20_000), new Stop());
  }

  @ParameterizedTest
  @EnumSource
  void a_device_enrols_and_stays_the_same_one(Platform platform) throws Exception {
    Identity first = enrolled(platform);
    assertEquals("family", first.group());
    assertEquals(service.fingerprint(), first.key().fingerprint());
    assertEquals(DeviceId.of(first.secret(), "family"), first.device());
    assertEquals(first, enrolled(platform));
    try (HttpService client = client(platform, first)) {
      assertTrue(client.isKnown());
      assertEquals(first.key(), client.keys().keys().get(0));
    }
    Enrolment again = enroller(platform).enrolAgain(service.url(), service.code("family"), null);
    assertEquals(first.device(), again.identity().device());
    assertNotEquals(first.token(), again.identity().token());
    assertNotNull(service.operate("devices", "show", first.device()));
  }

  @ParameterizedTest
  @EnumSource
  void a_wrong_code_and_a_wrong_fingerprint_let_nobody_in(Platform platform) throws Exception {
    RefusedException refused = assertThrows(RefusedException.class,
        () -> enroller(platform).enrol(service.url(), "nobody-gave-this", service.fingerprint()));
    assertEquals(Problem.FORBIDDEN, refused.problem());
    assertThrows(KeyRefusedException.class,
        () -> enroller(platform).enrol(service.url(), service.code("family"), Asking.repeated("0", 32)));
  }

  @ParameterizedTest
  @EnumSource
  void an_upload_arrives_once_however_often_it_is_sent(Platform platform) throws Exception {
    byte[] body = upload();
    try (HttpService client = client(platform, enrolled(platform))) {
      assertFalse(client.hasUpload(space, name(body)));
      client.upload(body, space, name(body));
      assertTrue(client.hasUpload(space, name(body)));
      client.upload(body, space, name(body));
    }
  }

  @ParameterizedTest
  @EnumSource
  void an_upload_that_is_none_and_one_of_another_name_are_told_apart(Platform platform) throws Exception {
    byte[] body = upload();
    byte[] garbage = new byte[1000];
    try (HttpService client = client(platform, enrolled(platform))) {
      RefusedException refused =
          assertThrows(RefusedException.class, () -> client.upload(garbage, space, name(garbage)));
      assertEquals(Problem.MALFORMED, refused.problem());
      assertEquals(TryLaterException.class,
          assertThrows(TryLaterException.class, () -> client.upload(body, space, Asking.UPLOAD)).getClass());
      refused = assertThrows(RefusedException.class, () -> client.upload(body, Asking.SPACE, name(body)));
      assertTrue(List.of(Problem.UNKNOWN_SPACE, Problem.WRONG_SPACE).contains(refused.problem()), refused.getMessage());
    }
  }

  @ParameterizedTest
  @EnumSource
  void what_is_not_there_is_told_as_that(Platform platform) throws Exception {
    try (HttpService client = client(platform, enrolled(platform))) {
      RefusedException refused =
          assertThrows(RefusedException.class, () -> client.release(space, Channel.LATEST, ""));
      assertEquals(Problem.NOT_FOUND, refused.problem());
      refused = assertThrows(RefusedException.class, () -> client.object(Asking.object(9), 0));
      assertEquals(Problem.NOT_FOUND, refused.problem());
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_token_is_renewed_and_the_new_one_is_taken(Platform platform) throws Exception {
    Identity old = enrolled(platform);
    IdentityStore store = new IdentityStore(folder.resolve("home"), new AesVault(1));
    Identity young;
    try (HttpService client = client(platform, old)) {
      young = new TokenRenewal(store, client, new Stop()).renew(old.tokenSince() + TokenRenewal.LIFE_S);
      assertTrue(client.isKnown());
    }
    try (HttpService client = client(platform, young)) {
      assertTrue(client.isKnown());
    }
    Enrolment same = enroller(platform).enrol(service.url(), service.code("family"), null);
    assertEquals(young, same.identity());
  }

  @ParameterizedTest
  @EnumSource
  void samples_are_erased_when_that_is_asked_for(Platform platform) throws Exception {
    try (HttpService client = client(platform, enrolled(platform))) {
      client.upload(upload(), space, name(upload()));
      String erasure = client.eraseSamples();
      assertTrue(erasure.matches("[0-9a-f]{32}"), erasure);
      assertTrue(service.operate("erasures").contains(erasure));
    }
  }

  /** The JDK keeps the reason of a streamed body's 401 to itself. */
  @ParameterizedTest
  @EnumSource
  void a_device_that_was_revoked_is_told_so_whatever_it_asks(Platform platform) throws Exception {
    Identity identity = enrolled(platform);
    service.operate("devices", "revoke", identity.device());
    try (HttpService client = client(platform, identity)) {
      assertFalse(client.isKnown());
      for (Asking.Call call : List.<Asking.Call>of(
          Service::newToken, Service::eraseSamples, one -> one.spaces(""), one -> {
            one.upload(upload(), space, name(upload()));
            return 0;
          })) {
        RefusedException refused = assertThrows(RefusedException.class, () -> call.of(client));
        assertEquals(Problem.UNAUTHENTICATED, refused.problem());
      }
    }
    RefusedException refused = assertThrows(RefusedException.class,
        () -> enroller(platform).enrol(service.url(), service.code("family"), null));
    assertEquals(Problem.FORBIDDEN, refused.problem());
  }

  @ParameterizedTest
  @EnumSource
  void it_proves_itself_at_its_other_address_by_tls_and_tells_the_time_there(Platform platform) throws Exception {
    Identity identity = enrolled(platform);
    Transport transport = platform.transport(20_000).trusting(service.certificates()).pinning(List.of(service.pin()));
    byte[] body = upload();
    try (HttpService client = HttpService.of(identity, service.secureUrl(), transport, new Stop())) {
      client.upload(body, space, name(body));
      assertTrue(client.hasUpload(space, name(body)));
      SignedAnswer spaces = client.spaces("");
      assertNotNull(spaces);
      assertTrue(Math.abs(System.currentTimeMillis() / 1000 - spaces.date()) < 60);
      assertNull(client.spaces(spaces.etag()));
    }
    Identity moved = new Enroller(new IdentityStore(folder.resolve("home"), new AesVault(1)), new KeptHeads(folder),
        Connect.byHttp(transport, new Stop()), new Stop(), one -> false, () -> 0)
        .enrol(service.secureUrl(), service.code("family"), service.fingerprint()).identity();
    assertEquals(identity.at(service.secureUrl()), moved);
  }

  @ParameterizedTest
  @EnumSource
  void a_group_has_devices_of_its_own(Platform platform) throws Exception {
    Identity family = enrolled(platform);
    assertThrows(EnrolmentException.class, () -> {
      service.operate("devices", "revoke", family.device());
      enroller(platform).enrol(service.url(), service.code("strangers"), null);
    });
    Identity stranger = enroller(platform).enrolAgain(service.url(), service.code("strangers"), null).identity();
    assertNotEquals(family.origin(), stranger.origin());
    assertArrayEquals(family.secret(), stranger.secret());
  }
}
