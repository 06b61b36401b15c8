/**
 * From the file of a photo to its pixels, upright: those that the Python device has, by the platform's decoders.
 *
 * <pre>
 * bounded read -&gt; kind -&gt; what of the file is pixels -&gt; its size -&gt; decoded by the platform -&gt; turned
 * </pre>
 *
 * <p>{@link fedexclient.photos.PlatformDecoder} and {@link fedexclient.photos.TurningDecoder} alone know Android's
 * graphics.
 */
@NullMarked
package fedexclient.photos;

import org.jspecify.annotations.NullMarked;
