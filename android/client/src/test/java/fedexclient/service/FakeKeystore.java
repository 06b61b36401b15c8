package fedexclient.service;

import android.security.keystore.KeyGenParameterSpec;
import android.security.keystore.KeyPermanentlyInvalidatedException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.Key;
import java.security.KeyStoreException;
import java.security.KeyStoreSpi;
import java.security.Provider;
import java.security.ProviderException;
import java.security.SecureRandom;
import java.security.UnrecoverableKeyException;
import java.security.cert.Certificate;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Collections;
import java.util.Date;
import java.util.Enumeration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.crypto.KeyGeneratorSpi;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/** The provider AndroidKeyStore as far as a vault asks it: keys by their aliases, in memory. */
final class FakeKeystore extends Provider {
  private static final long serialVersionUID = 1L;
  private static final Map<String, SecretKey> KEYS = new ConcurrentHashMap<>();
  private static final Set<String> LOST = ConcurrentHashMap.newKeySet();

  static volatile boolean isBusy;

  FakeKeystore() {
    super("AndroidKeyStore", "1", "for tests");
    put("KeyStore.AndroidKeyStore", Store.class.getName());
    put("KeyGenerator.AES", Generator.class.getName());
  }

  /** Makes this another phone, or the same one after the app was removed. */
  static void empty() {
    KEYS.clear();
    LOST.clear();
    isBusy = false;
  }

  /** Loses a key for good: it cannot be had, until another one takes its place. */
  static void lose(String alias) {
    LOST.add(alias);
  }

  /** Invalidates a key for good, as phones before Android 12 say it. */
  static void invalidate(String alias) {
    KEYS.put(alias, new InvalidatedKey());
  }

  /** Spoils a key for good: it can be had, and not be used. */
  static void spoil(String alias) {
    KEYS.put(alias, unusable());
  }

  static int count() {
    return KEYS.size();
  }

  /** Makes keys. */
  public static final class Generator extends KeyGeneratorSpi {
    private KeyGenParameterSpec spec;

    @Override
    protected void engineInit(AlgorithmParameterSpec parameters, SecureRandom random) {
      spec = (KeyGenParameterSpec) parameters;
    }

    @Override
    protected SecretKey engineGenerateKey() {
      if (isBusy || LOST.contains(spec.getKeystoreAlias())) {
        throw new ProviderException("busy, or the alias is taken");
      }
      byte[] bytes = new byte[spec.getKeySize() / 8];
      new SecureRandom().nextBytes(bytes);
      SecretKey key = new SecretKeySpec(bytes, "AES");
      KEYS.put(spec.getKeystoreAlias(), key);
      return key;
    }

    @Override
    protected void engineInit(SecureRandom random) {
      throw new UnsupportedOperationException();
    }

    @Override
    protected void engineInit(int size, SecureRandom random) {
      throw new UnsupportedOperationException();
    }
  }

  /** A key that says that it was invalidated when it is used, as those of Android 8 to 11 do. */
  private static final class InvalidatedKey extends SecretKeySpec {
    private static final long serialVersionUID = 1L;

    InvalidatedKey() {
      super(new byte[32], "AES");
    }

    @Override
    public byte[] getEncoded() {
      throw FakeKeystore.<RuntimeException>unchecked(new KeyPermanentlyInvalidatedException());
    }
  }

  @SuppressWarnings("unchecked")
  private static <E extends Exception> E unchecked(Exception error) throws E {
    throw (E) error;
  }

  /** A key of which nothing can be made, as the platform says of one whose blob is spoilt. */
  private static SecretKey unusable() {
    return new SecretKeySpec(new byte[7], "AES");
  }

  /** Finds keys. */
  public static final class Store extends KeyStoreSpi {
    @Override
    public Key engineGetKey(String alias, char[] password) throws UnrecoverableKeyException {
      if (isBusy || LOST.contains(alias)) {
        throw new UnrecoverableKeyException("keystore2 says no more"); // without a cause, as Android 14 says either
      }
      return KEYS.get(alias);
    }

    @Override
    public void engineLoad(InputStream stream, char[] password) {}

    @Override
    public Certificate[] engineGetCertificateChain(String alias) {
      return null;
    }

    @Override
    public Certificate engineGetCertificate(String alias) {
      return null;
    }

    @Override
    public Date engineGetCreationDate(String alias) {
      return null;
    }

    @Override
    public void engineSetKeyEntry(String alias, Key key, char[] password, Certificate[] chain) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void engineSetKeyEntry(String alias, byte[] key, Certificate[] chain) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void engineSetCertificateEntry(String alias, Certificate certificate) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void engineDeleteEntry(String alias) throws KeyStoreException {
      if (isBusy) {
        throw new KeyStoreException("busy");
      }
      KEYS.remove(alias);
      LOST.remove(alias);
    }

    @Override
    public Enumeration<String> engineAliases() {
      return Collections.enumeration(KEYS.keySet());
    }

    @Override
    public boolean engineContainsAlias(String alias) {
      return KEYS.containsKey(alias);
    }

    @Override
    public int engineSize() {
      return KEYS.size();
    }

    @Override
    public boolean engineIsKeyEntry(String alias) {
      return KEYS.containsKey(alias);
    }

    @Override
    public boolean engineIsCertificateEntry(String alias) {
      return false;
    }

    @Override
    public String engineGetCertificateAlias(Certificate certificate) {
      return null;
    }

    @Override
    public void engineStore(OutputStream stream, char[] password) {
      throw new UnsupportedOperationException();
    }
  }
}
