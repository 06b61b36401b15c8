/**
 * Sends feedback: what goes into the next upload, its bytes, uploads on their way, and what is done about a refusal.
 *
 * <p>Whatever is killed at whatever instant, a sample that was sealed arrives, with the same bytes, and counts once.
 */
@NullMarked
package fedexclient.push;

import org.jspecify.annotations.NullMarked;
