/** Photos in tests: real files, and pictures that Android's own code decodes. */
@NullMarked
package fedexapp.photo;

import org.jspecify.annotations.NullMarked;
