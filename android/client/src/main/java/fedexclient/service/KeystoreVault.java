package fedexclient.service;

import android.security.keystore.KeyGenParameterSpec;
import android.security.keystore.KeyPermanentlyInvalidatedException;
import android.security.keystore.KeyProperties;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.ProviderException;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import javax.crypto.spec.GCMParameterSpec;
import org.jspecify.annotations.Nullable;

/**
 * Seals with a key that never leaves the phone's keystore: AES-GCM, 256 bits.
 *
 * <pre>nonce (12 bytes, the keystore's) | ciphertext | tag (16 bytes)</pre>
 *
 * <p>The key is made when something is first sealed. Two that make it at once lose what the first has sealed: whoever
 * seals holds a lock ({@link IdentityStore#hold}). The key goes when the app is removed.
 *
 * <p>Of a key that is lost for good Android 12 and later say {@code UnrecoverableKeyException} or {@code
 * InvalidKeyException}, as of a keystore that is only busy. That is no lost key by itself: whoever takes it for one gives
 * up a device that a moment later is itself again. Nor is there a way back from one, but {@link #renew}.
 */
public final class KeystoreVault implements Vault {
  private static final String PROVIDER = "AndroidKeyStore";
  private static final String CIPHER = "AES/GCM/NoPadding";
  private static final int KEY_BITS = 256;
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;

  private final String alias;

  /** Names the key; one app may have several. */
  public KeystoreVault(String alias) {
    this.alias = alias;
  }

  @Override
  public byte[] seal(byte[] secret) throws VaultException {
    try {
      Key key = found();
      Cipher cipher = Cipher.getInstance(CIPHER);
      cipher.init(Cipher.ENCRYPT_MODE, key == null ? made() : key);
      byte[] nonce = cipher.getIV();
      byte[] sealed = Arrays.copyOf(nonce, NONCE_BYTES + secret.length + TAG_BITS / 8);
      cipher.doFinal(secret, 0, secret.length, sealed, NONCE_BYTES);
      return sealed;
    } catch (GeneralSecurityException | IOException | ProviderException error) {
      throw new VaultException("keystore", error);
    }
  }

  @Override
  public byte @Nullable [] open(byte[] sealed) throws VaultException {
    try {
      Key key = found();
      if (key == null || sealed.length < NONCE_BYTES + TAG_BITS / 8) {
        return null;
      }
      Cipher cipher = Cipher.getInstance(CIPHER);
      cipher.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, sealed, 0, NONCE_BYTES));
      return cipher.doFinal(sealed, NONCE_BYTES, sealed.length - NONCE_BYTES);
    } catch (AEADBadTagException | KeyPermanentlyInvalidatedException error) {
      return null; // another key's, or one that is lost for good
    } catch (GeneralSecurityException | IOException | ProviderException error) {
      throw new VaultException("keystore", error);
    }
  }

  @Override
  public void renew() throws VaultException {
    try {
      seal(new byte[0]);
    } catch (VaultException lost) {
      makeAnew(lost);
    }
  }

  private void makeAnew(VaultException lost) throws VaultException {
    try {
      loaded().deleteEntry(alias);
      made();
    } catch (GeneralSecurityException | IOException | ProviderException error) {
      lost.addSuppressed(error);
      throw lost;
    }
  }

  private @Nullable Key found() throws GeneralSecurityException, IOException {
    return loaded().getKey(alias, null);
  }

  private static KeyStore loaded() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance(PROVIDER);
    store.load(null);
    return store;
  }

  private Key made() throws GeneralSecurityException {
    KeyGenerator generator = KeyGenerator.getInstance(KeyProperties.KEY_ALGORITHM_AES, PROVIDER);
    generator.init(new KeyGenParameterSpec.Builder(
        alias, KeyProperties.PURPOSE_ENCRYPT | KeyProperties.PURPOSE_DECRYPT)
        .setBlockModes(KeyProperties.BLOCK_MODE_GCM)
        .setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_NONE)
        .setKeySize(KEY_BITS)
        .build());
    return generator.generateKey();
  }
}
