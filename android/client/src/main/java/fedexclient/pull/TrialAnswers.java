package fedexclient.pull;

import android.os.Handler;
import android.os.Message;
import android.os.Messenger;
import android.os.RemoteException;
import fedexclient.contract.ContractException;
import fedexclient.recognise.ModelRefusedException;
import fedexclient.recognise.ModelRuntime;
import fedexclient.recognise.NoRuntimeException;
import fedexclient.storage.StorageException;
import org.jspecify.annotations.Nullable;

/** Answers requests for trials, in the process that a head may crash. */
final class TrialAnswers implements Handler.Callback {
  private final ModelRuntime runtime;
  private final int process;

  /**
   * Makes what answers.
   *
   * @param process the one that this is
   */
  TrialAnswers(ModelRuntime runtime, int process) {
    this.runtime = runtime;
    this.process = process;
  }

  @Override
  public boolean handleMessage(Message message) {
    @Nullable Messenger asker = message.replyTo;
    if (message.what == TrialMessages.RUN && asker != null) {
      say(asker, TrialMessages.started(process));
      say(asker, answer(message));
    }
    return true;
  }

  private Message answer(Message message) {
    try {
      TrialMessages.request(message).run(runtime);
      return TrialMessages.answered();
    } catch (NoRuntimeException error) {
      return TrialMessages.because(TrialMessages.FAILED, error);
    } catch (ModelRefusedException error) {
      return TrialMessages.because(TrialMessages.REFUSED, error);
    } catch (ContractException | StorageException error) {
      return TrialMessages.because(TrialMessages.FAILED, error);
    }
  }

  private static void say(Messenger asker, Message message) {
    try {
      asker.send(message);
    } catch (RemoteException error) {
      return; // whoever asked is gone, and nobody wants to know
    }
  }
}
