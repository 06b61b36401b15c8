package fedexclient.fuzz;

import fedexclient.contract.Acknowledgement;
import fedexclient.contract.Codec;
import fedexclient.contract.ContractException;
import fedexclient.contract.DeviceBundle;
import fedexclient.contract.EnrolmentReply;
import fedexclient.contract.Envelope;
import fedexclient.contract.ErasureReply;
import fedexclient.contract.Formats;
import fedexclient.contract.History;
import fedexclient.contract.HttpDate;
import fedexclient.contract.Invitation;
import fedexclient.contract.JsonReader;
import fedexclient.contract.KeyChain;
import fedexclient.contract.Label;
import fedexclient.contract.LabelKey;
import fedexclient.contract.LabelList;
import fedexclient.contract.Manifest;
import fedexclient.contract.ProblemDocument;
import fedexclient.contract.ProofReply;
import fedexclient.contract.PublicKey;
import fedexclient.contract.SpaceList;
import fedexclient.contract.TensorFile;
import fedexclient.contract.TokenReply;
import fedexclient.contract.Upload;
import fedexclient.contract.UploadReader;
import fedexclient.contract.UploadWriter;
import fedexclient.heads.KeptHeadFiles;
import fedexclient.photos.TakenApart;
import fedexclient.pull.KeptSpaces;
import fedexclient.recognise.KeptTensor;
import fedexclient.service.KeptIdentity;
import fedexclient.sync.KeptOfSync;
import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * What reads bytes or text that a stranger sent, or that lay on a disk that may be damaged, and what it reads: golden
 * files, and those that a device writes.
 */
enum Parser {
  JSON(data -> JsonReader.read(data, "fuzz", 1 << 20), "history.json", "cadence.json", "refusals/json.json%json"),
  TENSOR_FILE(data -> TensorFile.parse(data).encode(), "device-bundle/golden.tensors", "training-bundle/base.tensors",
      "tensor-files.json%file", "refusals/tensor-files.json%file"),
  UPLOAD(Parser::openAndSealAgain, "upload-float32.bin", "upload-float16.bin", "upload-int8.bin", "upload-int4.bin",
      "upload-int4-deflated.bin", "upload-extra.bin"),
  LABEL(data -> LabelKey.of(Label.of(text(data))), "label-rules.json#entered"),
  LABEL_LIST(LabelList::parse, "label-lists.json%list"),
  BUNDLE(data -> bundle(data), "device-bundle/bundle.json", "device-bundle-faces/bundle.json",
      "device-bundle-tensor/bundle.json"),
  ENVELOPE(data -> Envelope.parse(data, Envelope.MAX_BYTES).signedBytes(), "envelope.json", "envelope-signatures.json",
      "spaces-envelope.json"),
  MANIFEST(Manifest::parse, "manifest.json", "manifest-extra.json", "manifest-withdrawal.json"),
  SPACES(SpaceList::parse, "spaces.json", "spaces-extra.json"),
  KEYS(KeyChain::parse, "keys.json"),
  INVITATION(data -> Invitation.parse(text(data)).encode(), "invitations.json#text"),
  FINGERPRINT(data -> PublicKey.typedFingerprint(text(data)), "invitations.json#key"),
  PROBLEM(ProblemDocument::parse, "problem.json", "problem-samples.json", "problem-self-test.json"),
  ENROLMENT(EnrolmentReply::parse, "enrolment-reply.json"),
  TOKEN(TokenReply::parse, "token-reply.json"),
  ERASURE(ErasureReply::parse, "erasure-reply.json"),
  ACKNOWLEDGEMENT(Acknowledgement::parse, "acknowledgement.json"),
  PROOF(ProofReply::parse, "proof-reply.json"),
  HISTORY(History::parse, "history.json"),
  FORMATS(data -> Formats.parse(text(data)), "formats.json#header"),
  HTTP_DATE(data -> String.valueOf(HttpDate.parse(text(data))), "clocks.json#date"),
  RETRY_AFTER(data -> String.valueOf(KeptIdentity.retryAfter(text(data))), "clocks.json#date"),
  PHOTO(reading(TakenApart::file), "photos.json%file", "refusals/photos.json%file", "device-bundle/golden-input.png"),
  NPY(reading(KeptTensor::read), "device-bundle-tensor/golden-input.npy"),
  IDENTITY(() -> KeptIdentity.identity(folder()), data -> KeptIdentity.readIdentity(folder(), data)),
  PENDING_ENROLMENT(() -> KeptIdentity.pending(folder()), data -> KeptIdentity.readPending(folder(), data)),
  KEPT_ERASURE(() -> KeptIdentity.erasure(folder()), data -> KeptIdentity.readErasure(folder(), data)),
  KNOWN_SPACES(KeptSpaces::written, KeptSpaces::read),
  HEAD_POINTER(KeptHeadFiles::pointer, KeptHeadFiles::readPointer),
  FLOORS(KeptHeadFiles::floors, KeptHeadFiles::readFloors),
  TRIED_HEADS(() -> KeptHeadFiles.tried(folder()), data -> KeptHeadFiles.readTried(folder(), data)),
  CONSENT(() -> KeptOfSync.consent(folder()), data -> KeptOfSync.readConsent(folder(), data)),
  SYNC_LOG(() -> KeptOfSync.log(folder()), data -> KeptOfSync.readLog(folder(), data));

  private final Reading reading;
  private final Writing writing;
  private final String[] seeds;

  Parser(Reading reading, String... seeds) {
    this.reading = reading;
    this.writing = null;
    this.seeds = seeds;
  }

  Parser(Writing writing, Trying trying) {
    this.reading = reading(trying);
    this.writing = writing;
    this.seeds = new String[0];
  }

  /** Golden files; {@code #} names a text of each vector of one, and {@code %} bytes in hexadecimal. */
  String[] seeds() {
    return seeds.clone();
  }

  /** A file that a device writes; null: golden files are what there is. */
  byte[] written() {
    try {
      return writing == null ? null : writing.file();
    } catch (Exception error) {
      throw new AssertionError(error);
    }
  }

  void parse(byte[] data) throws ContractException {
    reading.parse(data);
  }

  private static Path folder() {
    return Scratch.folder();
  }

  private static Reading reading(Trying trying) {
    return data -> {
      try {
        trying.to(data);
      } catch (ContractException | RuntimeException error) {
        throw error;
      } catch (Exception error) { // of a disk that fails, say: nothing that these bytes bring about
        throw new AssertionError(error);
      }
      return "";
    };
  }

  private static String text(byte[] data) {
    return new String(data, StandardCharsets.UTF_8);
  }

  /** What opens is sealed again, and opens then: the two sides of a format are tried on each other. */
  private static Object openAndSealAgain(byte[] data) throws ContractException {
    Upload upload = UploadReader.open(data);
    byte[] sealed = UploadWriter.seal(upload, Codec.FLOAT32);
    Upload again;
    try {
      again = UploadReader.open(sealed);
    } catch (ContractException error) {
      throw new AssertionError(error);
    }
    if (again.samples().size() != upload.samples().size()) {
      throw new AssertionError(again.samples().size());
    }
    return again;
  }

  /** A bundle whose every other file is missing: the document is looked at first. */
  private static Object bundle(byte[] document) throws ContractException {
    try {
      return DeviceBundle.read(name -> {
        if (name.equals("bundle.json")) {
          return new ByteArrayInputStream(document);
        }
        throw new FileNotFoundException(name);
      });
    } catch (IOException error) {
      throw new AssertionError(error);
    }
  }

  private interface Writing {
    byte[] file() throws Exception;
  }

  private interface Trying {
    void to(byte[] data) throws Exception;
  }

  private interface Reading {
    Object parse(byte[] data) throws ContractException;
  }
}
