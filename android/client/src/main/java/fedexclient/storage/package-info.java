/** Files of a device's folder: written whole or not at all, read within bounds, changed by one at a time. */
@NullMarked
package fedexclient.storage;

import org.jspecify.annotations.NullMarked;
