/**
 * The service as one device sees it: its HTTP, with every answer bounded and judged by its form, and who this device is
 * there.
 *
 * <p>What an answer signs is judged by {@link fedexclient.trust}. Nothing is tried again here: whoever calls knows what
 * may be repeated.
 */
@NullMarked
package fedexclient.service;

import org.jspecify.annotations.NullMarked;
