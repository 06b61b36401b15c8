package fedexclient.service;

/** What an enrolment has done: a process that dies behind any of these loses nothing, and goes on from there. */
enum EnrolmentStep {
  SECRET_KEPT,
  ANSWERED,
  TAGS_FORGOTTEN,
  IDENTITY_KEPT,
  PENDING_FORGOTTEN,
  HEADS_FORGOTTEN
}
