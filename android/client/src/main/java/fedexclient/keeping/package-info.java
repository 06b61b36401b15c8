/**
 * Keeps what a device may send one day: answers with what computed them, that it works, and what its user says of them.
 *
 * <p>That something could not be kept spoils no answer. Nothing goes up that failed its self-test, or never took it.
 */
@NullMarked
package fedexclient.keeping;

import org.jspecify.annotations.NullMarked;
