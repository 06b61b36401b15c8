/** Screens in tests: on Robolectric's Android 15, with a learner that does what a test says. */
@NullMarked
package fedexapp;

import org.jspecify.annotations.NullMarked;
