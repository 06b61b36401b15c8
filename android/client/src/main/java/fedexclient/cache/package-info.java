/**
 * The device's cache: every SQL statement, and the SQLite file that {@link fedexclient.cache.Schema} draws.
 *
 * <p>Schema, states and texts are those of the Python device's cache: each opens the other's file. Only {@link
 * fedexclient.cache.Database} knows Android. Nothing here writes to a log, and no message or {@code toString} holds a
 * photo, a feature, a label or the secret.
 */
@NullMarked
package fedexclient.cache;

import org.jspecify.annotations.NullMarked;
