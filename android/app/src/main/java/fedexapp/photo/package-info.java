/** The photos that the user has shown the app: kept in its own folder, decoded, taken by the camera. */
@NullMarked
package fedexapp.photo;

import org.jspecify.annotations.NullMarked;
