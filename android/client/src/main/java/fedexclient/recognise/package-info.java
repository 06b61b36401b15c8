/**
 * From a photo or a tensor to an answer: regions, prefix, feature, head.
 *
 * <p>Nothing here knows Android but what runs models; a photo comes as {@link fedexclient.recognise.Pixels}.
 */
@NullMarked
package fedexclient.recognise;

import org.jspecify.annotations.NullMarked;
