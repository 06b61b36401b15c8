package fedexclient.service;

import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** A phone's keystore for tests: AES-GCM by a key that a test names. */
final class AesVault implements Vault {
  private final byte[] key;

  /** The keystore of the phone of this number. */
  AesVault(int phone) {
    this.key = new byte[32];
    key[0] = (byte) phone;
  }

  @Override
  public byte[] seal(byte[] secret) throws VaultException {
    byte[] nonce = new byte[12];
    new SecureRandom().nextBytes(nonce);
    byte[] sealed = run(Cipher.ENCRYPT_MODE, nonce, secret);
    byte[] whole = Arrays.copyOf(nonce, 12 + sealed.length);
    System.arraycopy(sealed, 0, whole, 12, sealed.length);
    return whole;
  }

  @Override
  public byte[] open(byte[] sealed) throws VaultException {
    return sealed.length < 28 ? null
        : run(Cipher.DECRYPT_MODE, Arrays.copyOf(sealed, 12), Arrays.copyOfRange(sealed, 12, sealed.length));
  }

  @Override
  public void renew() {} // its key is not lost

  private byte[] run(int mode, byte[] nonce, byte[] data) throws VaultException {
    try {
      Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
      cipher.init(mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(128, nonce));
      return cipher.doFinal(data);
    } catch (AEADBadTagException error) {
      return null;
    } catch (GeneralSecurityException error) {
      throw new VaultException("keystore", error);
    }
  }
}
