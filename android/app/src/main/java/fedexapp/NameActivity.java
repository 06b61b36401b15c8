package fedexapp;

import android.content.Intent;
import android.os.Bundle;
import android.text.Editable;
import android.text.TextWatcher;
import android.widget.ArrayAdapter;
import android.widget.EditText;
import android.widget.ListView;
import fedexapp.session.NameList;
import fedexclient.contract.ContractException;
import fedexclient.contract.Label;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Asks for a name: one that is known, found as it is typed, or a new one. */
public final class NameActivity extends Screen implements TextWatcher {
  /** The label that was chosen. */
  static final String LABEL = "label";

  private final List<String> labels = new ArrayList<>();
  private @Nullable ArrayAdapter<String> rows;

  @Override
  protected void onCreate(@Nullable Bundle saved) {
    super.onCreate(saved);
    setContentView(R.layout.name);
    offerToLeave();
    rows = new ArrayAdapter<>(this, R.layout.name_row);
    ListView names = view(R.id.names);
    names.setAdapter(rows);
    names.setOnItemClickListener((list, row, place, id) -> choose(labels.get(place)));
    EditText typed = view(R.id.typed);
    typed.addTextChangedListener(this);
    typed.setOnEditorActionListener((field, action, event) -> chooseTyped());
  }

  @Override
  protected void onStart() {
    session().recognitions().loadLabels();
    super.onStart();
  }

  @Override
  void show() {
    ArrayAdapter<String> shown = rows;
    if (shown == null) {
      return;
    }
    NameList known = session().recognitions().labels();
    String typed = typed();
    labels.clear();
    labels.addAll(known.find(typed));
    List<String> texts = new ArrayList<>(labels);
    Words.showOrHide(view(R.id.trouble), trouble(typed));
    if (isName(typed) && known.same(typed) == null) {
      labels.add(typed);
      texts.add(getString(R.string.new_name, typed.trim()));
    }
    shown.setNotifyOnChange(false);
    shown.clear();
    shown.addAll(texts);
    shown.notifyDataSetChanged();
  }

  private String typed() {
    EditText field = view(R.id.typed);
    return field.getText().toString();
  }

  private boolean isName(String typed) {
    return !typed.trim().isEmpty() && trouble(typed) == null;
  }

  private @Nullable String trouble(String typed) {
    if (typed.trim().isEmpty()) {
      return null;
    }
    try {
      Label.of(typed);
      return null;
    } catch (ContractException error) {
      return Sentences.of(getResources(), error);
    }
  }

  /** The name as it is known, or the new one; not the first that was found, which may be somebody else. */
  private boolean chooseTyped() {
    String typed = typed();
    String known = session().recognitions().labels().same(typed);
    if (isName(typed)) {
      choose(known == null ? typed : known);
    }
    return true;
  }

  private void choose(String chosen) {
    try {
      setResult(RESULT_OK, new Intent().putExtra(LABEL, Label.of(chosen)));
      finish();
    } catch (ContractException error) {
      Words.showOrHide(view(R.id.trouble), Sentences.of(getResources(), error));
    }
  }

  @Override
  public void afterTextChanged(Editable text) {
    show();
  }

  @Override
  public void beforeTextChanged(CharSequence text, int start, int count, int after) {}

  @Override
  public void onTextChanged(CharSequence text, int start, int before, int count) {}
}
