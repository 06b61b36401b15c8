package fedexclient.service;

import fedexclient.contract.Problem;

/** What a service is that refuses to prove itself, by the problem that it gives. */
final class Unproven {
  private Unproven() {}

  static String of(RefusedException refused) {
    if (refused.problem() == Problem.NOT_FOUND) {
      return "one that does not know this device";
    }
    if (refused.problem() == Problem.UNKNOWN_PATH) {
      return "one that has no proofs at this path, as a service of an older version";
    }
    return String.valueOf(refused.getMessage());
  }
}
