/**
 * The heads that are installed on this device, and the newest release ever installed of each line: the Python device's
 * folder, file by file.
 */
@NullMarked
package fedexclient.heads;

import org.jspecify.annotations.NullMarked;
