/**
 * When a device pushes and pulls by itself: charging, idle, on an unmetered network; how long it waits in between; and
 * that nothing is uploaded without consent.
 *
 * <p>{@link fedexclient.sync.SyncJobs} and {@link fedexclient.sync.SyncJobService} alone know Android's JobScheduler.
 */
@NullMarked
package fedexclient.sync;

import org.jspecify.annotations.NullMarked;
