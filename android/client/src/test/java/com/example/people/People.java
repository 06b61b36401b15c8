package com.example.people;

import android.content.Context;
import android.net.Uri;
import fedexclient.Fedex;
import fedexclient.FedexException;
import fedexclient.PhotoRecognizer;
import fedexclient.contract.Box;
import fedexclient.contract.ContractException;
import fedexclient.contract.Invitation;
import fedexclient.keeping.KeptAnswer;

public final class People {
  public interface Screen {
    /** Shows who it is, null for a stranger, and asks: who is it? Null: the user does not say. */
    String ask(Box face, String name);
  }

  public static void look(Context app, Fedex fedex, Uri photo, Screen screen) throws FedexException {
    try (PhotoRecognizer recognizer = fedex.recognizer()) {  // keep it for as long as the thread lives
      for (KeptAnswer one : recognizer.recognise(app.getContentResolver(), photo)) {
        boolean isStranger = one.answer().isUnknown();  // whom he is most like is in results() all the same
        String name = isStranger ? null : one.answer().results().get(0).label();
        String said = screen.ask(one.answer().box(), name);
        if (said != null && one.inference() != null) {  // null: it could not be kept, as on a full disk
          fedex.correct(one.inference(), said);  // agree(...) where the user says that the name is right
        }
      }
    }
  }

  public static void join(Fedex fedex, String link) throws FedexException, ContractException {
    fedex.enrol(Invitation.parse(link));  // fedex://enrol?..., once
    fedex.giveConsent();  // what the user said; nothing is sent before
  }
}
