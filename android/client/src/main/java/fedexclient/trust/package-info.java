/**
 * Whom a device believes: signatures, the keys that lead on from the pinned one, and the judges of what was signed.
 *
 * <p>Everything here is pure: bytes and what the device knows in, a verdict or a typed error out.
 */
@NullMarked
package fedexclient.trust;

import org.jspecify.annotations.NullMarked;
