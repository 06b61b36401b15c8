package fedexclient.keeping;

import fedexclient.cache.BundleSetup;
import fedexclient.contract.ContractException;
import fedexclient.recognise.RecogniseException;
import java.io.IOException;

/** What computes features on this device now, and runs its self-test. */
public interface Tester {
  /** What is tested. */
  BundleSetup used();

  /**
   * Runs the bundle's golden input as any photo or tensor: {@link fedexclient.recognise.Recognizer#selfTest}.
   *
   * @return the cosine in millionths
   * @throws RecogniseException a model that does not run, or a golden input that is none
   * @throws ContractException a file that is not the one that the bundle names
   * @throws IOException one that cannot be read
   */
  int run() throws RecogniseException, ContractException, IOException;

  /** Opens bundle and runtime; asked only where a test may be due. Throws as {@link Tester#run}. */
  interface Source {
    Tester open() throws RecogniseException, ContractException, IOException;
  }
}
