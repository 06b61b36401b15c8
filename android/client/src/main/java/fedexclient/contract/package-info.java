@NullMarked
package fedexclient.contract;

import org.jspecify.annotations.NullMarked;
