/**
 * FEDEx for Android, as an app embeds it: {@link fedexclient.Fedex} is one device, {@link fedexclient.PhotoRecognizer}
 * what recognises in one thread. The packages below do the work, and may be used by themselves.
 */
@NullMarked
package fedexclient;

import org.jspecify.annotations.NullMarked;
