/**
 * Brings a better head home: what is new is judged, fetched, tried and swapped in; what is wrong leaves no trace.
 *
 * <p>What is signed is judged by {@link fedexclient.trust}, and what is installed kept by {@link fedexclient.heads}.
 * {@code IsolatedTrial} and {@code TrialService} alone know Android.
 */
@NullMarked
package fedexclient.pull;

import org.jspecify.annotations.NullMarked;
