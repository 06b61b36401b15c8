/** The screens. Each shows what the {@link fedexapp.session.Session} holds, and asks it for what is pressed. */
@NullMarked
package fedexapp;

import org.jspecify.annotations.NullMarked;
