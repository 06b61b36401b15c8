/** What the app asks of a device that learns, as a port: the screens know this, and nothing of what lies behind it. */
@NullMarked
package fedexapp.learner;

import org.jspecify.annotations.NullMarked;
