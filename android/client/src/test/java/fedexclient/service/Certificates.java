package fedexclient.service;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ServerSocketFactory;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.X509ExtendedKeyManager;

/** Keys and certificates, made by the JDK's keytool in a folder. */
final class Certificates {
  private static final char[] PASSWORD = "not-secret".toCharArray();
  private static final String KEY = "key";

  private final Path folder;

  Certificates(Path folder) {
    this.folder = folder;
  }

  /** A certificate that signs itself. */
  void makeAuthority(String name) throws Exception {
    keytool(name, "-genkeypair", "-keyalg", "EC", "-dname", "CN=" + name, "-ext", "bc:c", "-validity", "2");
    keytool(name, "-exportcert", "-rfc", "-file", file(name + ".pem").toString());
  }

  /** A server's certificate, by an authority that was made; all servers have one key. */
  void makeServer(String name, String authority, String host, String start, int days) throws Exception {
    Path request = file("key.csr");
    if (!Files.exists(request)) {
      keytool(KEY, "-genkeypair", "-keyalg", "EC", "-dname", "CN=server");
      keytool(KEY, "-certreq", "-file", request.toString());
    }
    keytool(authority, "-gencert", "-rfc", "-infile", request.toString(), "-outfile", file(name + ".pem").toString(),
        "-ext", "san=" + host, "-startdate", start, "-validity", Integer.toString(days));
  }

  private Path file(String name) {
    return folder.resolve(name);
  }

  byte[] pem(String name) throws Exception {
    return Files.readAllBytes(file(name + ".pem"));
  }

  String pin(String name) throws Exception {
    return Pins.of(certificate(name));
  }

  private X509Certificate certificate(String name) throws Exception {
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    return (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(pem(name)));
  }

  /** Sockets of a server that shows a certificate, and after it others. */
  ServerSocketFactory sockets(String name, String... others) throws Exception {
    KeyStore made = KeyStore.getInstance("PKCS12");
    try (InputStream stream = Files.newInputStream(file(KEY + ".p12"))) {
      made.load(stream, PASSWORD);
    }
    List<X509Certificate> chain = new ArrayList<>(List.of(certificate(name)));
    for (String other : others) {
      chain.add(certificate(other));
    }
    SSLContext context = SSLContext.getInstance("TLS");
    PrivateKey key = (PrivateKey) made.getKey(KEY, PASSWORD);
    context.init(new KeyManager[] {new Shown(key, chain.toArray(new X509Certificate[0]))}, null, null);
    return context.getServerSocketFactory();
  }

  private void keytool(String name, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(new File(System.getProperty("java.home"), "bin/keytool").getPath());
    command.addAll(List.of(arguments));
    command.addAll(List.of("-alias", name, "-keystore", file(name + ".p12").toString(), "-storetype", "PKCS12",
        "-storepass", new String(PASSWORD), "-J-XX:TieredStopAtLevel=1", "-J-Xmx64m"));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), said);
  }

  /** Shows these certificates whatever they are: a key store refuses those that are no chain. */
  private static final class Shown extends X509ExtendedKeyManager {
    private final PrivateKey key;
    private final X509Certificate[] chain;

    Shown(PrivateKey key, X509Certificate[] chain) {
      this.key = key;
      this.chain = chain;
    }

    @Override
    public String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
      return type.equals("EC") ? KEY : null;
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
      return chain;
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
      return key;
    }

    @Override
    public String[] getServerAliases(String type, Principal[] issuers) {
      return new String[] {KEY};
    }

    @Override
    public String[] getClientAliases(String type, Principal[] issuers) {
      return new String[0];
    }

    @Override
    public String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
      return null;
    }
  }
}
