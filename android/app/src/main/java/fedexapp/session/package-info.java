/** What outlives a screen: the learner, what it said, the work that runs, and who wants to know of it. */
@NullMarked
package fedexapp.session;

import org.jspecify.annotations.NullMarked;
