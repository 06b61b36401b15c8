/** Screens in tests: on Robolectric's Android 14, with a learner that does what a test says. */
@NullMarked
package fedexapp;

import org.jspecify.annotations.NullMarked;
