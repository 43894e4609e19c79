"""Which test holds each conformance case of the profile; a case that no test holds fails here (`ebxml.md` ch. 13)."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

from adapter.envelope.rules import RULES
from adapter.envelope.rules.rule import Needs

TESTS = Path(__file__).parents[2]
ENVELOPE, CRYPTO, SCENARIOS = "unit/envelope", "unit/crypto", "scenarios"
CONDUCT_TESTS, CONDUCT_SCENES = f"{ENVELOPE}/test_conduct.py", f"{SCENARIOS}/test_conduct.py"
LOST_ACK = f"{SCENARIOS}/test_hits_1171.py::test_a_lost_acknowledgment_is_given_again_and_nothing_else_happens_twice"
UNREADABLE, RULES_TESTS = f"{SCENARIOS}/test_unreadable.py", f"{ENVELOPE}/rules/test_envelope_rules.py"

CASES = {
    1: (f"{RULES_TESTS}::test_clean_mails_keep_every_rule",
        "interop/test_openssl_cms.py::test_openssl_opens_what_we_encrypt"),
    2: (f"{SCENARIOS}/test_reliability.py::test_a_resend_is_the_same_body_in_a_new_mail",),
    3: (f"{ENVELOPE}/test_agreement.py::test_the_pair_is_ordered_as_numbers",),
    4: (f"{ENVELOPE}/test_seal.py::test_an_apprec_travels_in_the_service_of_its_message",),
    5: (f"{ENVELOPE}/test_seal.py::test_nothing_is_sealed_with_or_to_a_certificate_that_cannot_be_used",
        f"{SCENARIOS}/test_revocation.py::test_nothing_is_encrypted_to_a_revoked_certificate",
        f"{SCENARIOS}/test_register.py::test_a_submission_waits_for_the_register"),
    6: (f"{ENVELOPE}/test_seal.py::test_any_payload_that_looks_like_xml_travels_unchanged",
        f"{CRYPTO}/test_cms.py::test_every_octet_comes_back"),
    7: (f"{CRYPTO}/test_cms.py::test_we_send_one_form",),
    8: (f"{ENVELOPE}/test_open.py::test_known_differences_are_accepted_and_named",
        f"{CRYPTO}/test_verification.py::test_a_key_value_beside_the_certificate_is_ignored"),
    9: (f"{ENVELOPE}/test_unpack.py::test_known_differences_are_taken_and_named",),
    10: (f"{CRYPTO}/test_verification.py::test_the_two_transform_form_is_accepted_with_a_warning",
         f"{CRYPTO}/test_verification.py::test_the_standard_xpath_is_known_in_any_dress"),
    11: (f"{CRYPTO}/test_verification.py::test_sha1_is_accepted_only_before_the_end_of_its_switch",),
    12: (f"{CRYPTO}/test_cms.py::test_what_peers_send_is_opened",
         "interop/test_openssl_cms.py::test_we_open_what_openssl_encrypts",
         "interop/test_openssl_cms.py::test_we_open_our_share_of_several_recipients",
         f"{CRYPTO}/test_cms.py::test_the_recipient_says_which_key"),
    13: (f"{ENVELOPE}/test_open.py::test_every_form_of_plaintext_is_opened",),
    14: (f"{ENVELOPE}/test_open.py::test_known_differences_are_accepted_and_named",),
    15: (f"{ENVELOPE}/test_agreement.py::test_a_message_under_its_agreement_is_admitted",),
    16: (f"{ENVELOPE}/test_flipped_bits.py::test_a_flip_after_decoding_is_a_security_failure",
         f"{SCENARIOS}/test_unverified.py::test_flipped_bits_are_never_believed"),
    17: (f"{ENVELOPE}/test_open.py::test_an_attachment_that_the_manifest_does_not_name_is_refused",
         f"{ENVELOPE}/test_open.py::test_a_named_attachment_that_is_not_signed_is_refused"),
    18: (f"{ENVELOPE}/test_open.py::test_a_stranger_with_a_valid_signature_is_not_believed",
         f"{CRYPTO}/test_verification.py::test_an_encryption_certificate_does_not_sign",
         f"{CRYPTO}/test_verification.py::test_the_certificate_is_judged_at_the_timestamp_of_the_message"),
    19: (f"{ENVELOPE}/test_open.py::test_a_block_injected_for_the_next_hop_is_refused",),
    20: (f"{CRYPTO}/test_verification.py::test_wrapping_a_good_signature_is_refused",
         f"{ENVELOPE}/test_unpack.py::test_bad_xml_is_refused",
         f"{ENVELOPE}/test_unpack.py::test_limits_are_named"),
    21: (f"{ENVELOPE}/test_open.py::test_an_envelope_in_latin_1_is_delivered_with_a_warning",
         f"{ENVELOPE}/test_open.py::test_contradictory_or_unknown_encodings_are_refused"),
    22: (f"{ENVELOPE}/test_open.py::test_a_missing_ackrequested_is_answered_by_a_warning",
         f"{SCENARIOS}/test_road_reports.py::test_a_warning_is_an_acknowledgment_with_a_remark"),
    23: (f"{ENVELOPE}/test_open.py::test_what_cannot_be_accepted_is_refused_by_rule_and_answered",
         f"{ENVELOPE}/test_open.py::test_a_message_is_admitted_for_our_parties_and_in_time_only"),
    24: (f"{UNREADABLE}::test_what_may_not_be_answered_goes_to_quarantine",
         f"{UNREADABLE}::test_an_unreadable_mail_from_a_partner_is_kept_and_answered_by_one_fault"),
    25: (f"{ENVELOPE}/test_agreement.py::test_what_the_agreement_does_not_hold_is_refused",
         f"{ENVELOPE}/test_agreement.py::test_an_unknown_agreement_is_wrong_only_to_who_can_know"),
    26: (f"{ENVELOPE}/test_open.py::test_a_message_is_admitted_for_our_parties_and_in_time_only",),
    27: (f"{ENVELOPE}/test_open.py::test_what_our_keys_do_not_open_is_a_security_failure",
         f"{CRYPTO}/test_cms.py::test_every_failure_looks_the_same_from_outside"),
    28: (f"{SCENARIOS}/test_unjudged.py::test_a_known_sender_under_an_agreement_that_nobody_could_fetch_is_answered",
         f"{SCENARIOS}/test_register.py::test_a_mail_waits_for_the_register",
         f"{SCENARIOS}/test_revocation.py::test_a_responder_that_is_away_refuses_nobody"),
    29: (f"{SCENARIOS}/test_hits_1171.py::test_a_message_is_delivered_acknowledged_and_receipted",
         f"{SCENARIOS}/test_hits_1171.py::test_a_refused_message_is_corrected_under_a_new_id"),
    30: ("unit/service/test_intake.py::test_two_copies_at_once_are_one_message",
         f"{SCENARIOS}/test_reliability.py::test_a_restart_between_any_two_steps_changes_nothing",
         f"{SCENARIOS}/test_reliability.py::test_a_duplicate_of_a_refused_message_hears_the_same_error",
         f"{SCENARIOS}/test_reliability.py::test_an_old_id_for_new_content_is_inconsistent",
         f"{SCENARIOS}/test_hits_1171.py::test_a_lost_acknowledgment_is_given_again_and_nothing_else_happens_twice"),
    31: ("crash/test_kill.py::test_death_at_every_instant_of_a_life",),
    32: (f"{SCENARIOS}/test_reliability.py::test_five_resends_twelve_hours_apart_and_then_nobody_knows",
         f"{SCENARIOS}/test_reliability.py::test_a_late_acknowledgment_corrects_what_we_concluded"),
    33: (f"{SCENARIOS}/test_unverified.py::test_an_acknowledgment_of_other_references_is_not_counted",
         f"{SCENARIOS}/test_unverified.py::test_a_forged_acknowledgment_is_an_alarm_and_no_more",
         f"{SCENARIOS}/test_road_reports.py::test_a_signal_of_another_partner_is_not_counted"),
    34: (f"{SCENARIOS}/test_road_reports.py::test_a_warning_is_an_acknowledgment_with_a_remark",
         f"{ENVELOPE}/test_open.py::test_any_error_in_the_list_rejects"),
    35: (f"{SCENARIOS}/test_road_reports.py::test_a_bounce_ends_the_resends",
         f"{SCENARIOS}/test_road_reports.py::test_a_fault_that_names_our_mail_ends_the_resends"),
    36: (f"{ENVELOPE}/test_open.py::test_odd_acknowledgments_are_accepted_and_named",
         f"{ENVELOPE}/test_unpack.py::test_a_signal_may_come_wrapped_in_multipart"),
    37: ("mailservers/test_killed.py::test_death_at_every_step_of_a_reading",
         "mailservers/test_reading.py::test_a_connection_that_is_cut",
         f"{UNREADABLE}::test_a_mail_that_breaks_our_code_does_not_stop_the_next"),
    38: (f"{SCENARIOS}/test_reliability.py::test_a_restart_while_waiting_for_an_answer_forgets_no_timer",
         f"{SCENARIOS}/test_conduct.py::test_a_resend_is_due_after_hours_and_not_at_an_hour",
         f"{ENVELOPE}/test_seal.py::test_time_is_written_in_utc"),
}  # fmt: skip
"""Number of the case to the tests that hold it; 39 and 40 are of AMQP."""

CONDUCT = {
    "EB-030": (f"{UNREADABLE}::test_what_may_not_be_answered_goes_to_quarantine",),
    "EB-115": (f"{CONDUCT_TESTS}::test_a_block_that_need_not_be_understood_is_judged",),
    "EB-119": (f"{ENVELOPE}/test_open.py::test_a_block_injected_for_the_next_hop_is_refused",
               f"{CONDUCT_TESTS}::test_a_block_for_whoever_receives_must_be_understood"),
    "EB-331": (f"{CRYPTO}/test_verification.py::test_a_key_value_beside_the_certificate_is_ignored",),
    "EB-332": (f"{ENVELOPE}/test_flipped_bits.py::test_a_flip_inside_the_envelope_or_the_payload_is_refused",),
    "EB-427": (f"{ENVELOPE}/test_respond.py::test_an_answer_is_never_answered",),
    "EB-428": (f"{SCENARIOS}/test_road_reports.py::test_a_warning_is_an_acknowledgment_with_a_remark",),
    "EB-509": (f"{ENVELOPE}/test_plaintext.py::test_what_cannot_be_opened_is_handed_on_with_a_remark",),
    "EB-511": (f"{CONDUCT_TESTS}::test_a_payload_is_not_packed",),
    "EB-448": (f"{SCENARIOS}/test_parts_beside.py::test_a_message_is_no_part_of_another",
               f"{SCENARIOS}/test_several_attachments.py::test_independent_messages_are_taken_each_for_itself"),
    "EB-601": (f"{ENVELOPE}/test_respond.py::test_a_payload_message_gets_exactly_one_answer",
               f"{CONDUCT_SCENES}::test_a_message_has_one_answer_and_no_other"),
    "EB-602": (f"{SCENARIOS}/test_receipts.py::test_what_the_application_cannot_take_is_refused_by_apprec",),
    "EB-603": (f"{SCENARIOS}/test_unverified.py::test_flipped_bits_are_never_believed",
               f"{CONDUCT_SCENES}::test_a_message_has_one_answer_and_no_other"),
    "EB-604": (LOST_ACK,),
    "EB-605": (f"{SCENARIOS}/test_profile_choices.py::test_a_copy_that_asks_for_no_answer_is_ignored",),
    "EB-606": (f"{SCENARIOS}/test_unverified.py::test_a_known_envelope_with_other_attachments_delivers_nothing",
               f"{SCENARIOS}/test_reliability.py::test_an_old_id_for_new_content_is_inconsistent"),
    "EB-607": (f"{SCENARIOS}/test_reliability.py::test_a_resend_is_the_same_body_in_a_new_mail",),
    "EB-608": (f"{SCENARIOS}/test_reliability.py::test_five_resends_twelve_hours_apart_and_then_nobody_knows",),
    "EB-609": (f"{CONDUCT_SCENES}::test_no_resend_is_begun_while_a_mail_is_unread",),
    "EB-610": (f"{CONDUCT_SCENES}::test_after_the_last_resend_the_application_and_a_person_are_told",),
    "EB-611": (f"{SCENARIOS}/test_road_reports.py::test_a_fault_that_names_our_mail_ends_the_resends",
               f"{SCENARIOS}/test_road_reports.py::test_a_bounce_ends_the_resends",
               f"{SCENARIOS}/test_hits_1171.py::test_a_refused_message_is_corrected_under_a_new_id"),
    "EB-612": (f"{CONDUCT_SCENES}::test_the_same_document_goes_again_under_a_new_message_id",),
    "EB-613": (f"{SCENARIOS}/test_reliability.py::test_a_signal_is_never_answered",),
    "EB-614": (f"{ENVELOPE}/test_seal.py::test_an_acknowledgment_copies_every_reference",),
    "EB-615": (f"{CONDUCT_SCENES}::test_an_answer_goes_where_the_directory_says",
               f"{SCENARIOS}/test_unverified.py::test_a_partner_that_nobody_knows_gets_no_answer"),
    "EB-616": ("unit/envelope/test_mail.py::test_a_fault_refers_to_the_mail_it_is_about",
               f"{CONDUCT_SCENES}::test_a_fault_goes_to_reply_to_before_from"),
    "EB-617": (f"{SCENARIOS}/test_road_reports.py::test_a_bounce_ends_the_resends",
               f"{SCENARIOS}/test_road_reports.py::test_a_fault_that_names_our_mail_ends_the_resends",
               f"{CONDUCT_SCENES}::test_an_answer_counts_for_the_message_it_names_and_no_other"),
    "EB-618": (f"{ENVELOPE}/test_seal.py::test_what_breaks_a_rule_is_not_sealed",),
    "EB-619": (f"{SCENARIOS}/test_hits_1171.py::test_an_answer_document_stays_in_the_conversation",),
    "EB-620": (f"{ENVELOPE}/test_seal.py::test_an_apprec_travels_in_the_service_of_its_message",),
    "EB-621": (f"{CONDUCT_TESTS}::test_the_same_mail_is_judged_the_same",),
    "EB-622": (f"{CONDUCT_TESTS}::test_an_old_key_opens_what_came_before_its_end",),
    "EB-624": (f"{ENVELOPE}/test_seal.py::test_an_error_list_reads_back",),
    "EB-625": (f"{SCENARIOS}/test_unverified.py::test_a_message_signed_with_another_key_is_refused",),
    "EB-626": (f"{SCENARIOS}/test_profile_choices.py::test_the_test_mark_is_in_everything_that_leaves",),
    "EB-627": (f"{RULES_TESTS}::test_a_mail_that_cannot_be_taken_apart_is_judged_as_far_as_it_can_be",
               f"{ENVELOPE}/test_respond.py::test_every_error_is_told_at_once"),
    "EB-628": (f"{ENVELOPE}/test_respond.py::test_a_refused_message_is_answered_where_it_may_be",),
    "EB-629": (f"{SCENARIOS}/test_unverified.py::test_a_message_signed_with_another_key_is_refused",),
    "EB-630": (f"{CONDUCT_SCENES}::test_every_mail_is_in_the_log_of_what_was_received",
               f"{UNREADABLE}::test_an_unreadable_mail_from_a_partner_is_kept_and_answered_by_one_fault"),
    "EB-631": (f"{ENVELOPE}/test_agreement.py::test_the_two_her_ids_are_always_in_order",),
    "EB-632": (f"{ENVELOPE}/test_open.py::test_known_differences_are_accepted_and_named",),
    "EB-633": (f"{CONDUCT_TESTS}::test_a_mix_is_what_service_and_action_confirm",
               f"{CONDUCT_TESTS}::test_a_mix_under_the_service_of_a_message_is_a_message"),
    "EB-634": (f"{ENVELOPE}/test_open.py::test_service_messages_are_known_and_not_answered",),
    "EB-636": (f"{SCENARIOS}/test_road_reports.py::test_a_bounce_ends_the_resends",),
}  # fmt: skip
"""Which tests hold each rule about conduct: with the rule broken in the code, one of them fails."""

STANDARD = {
    "9.1.1": (f"{SCENARIOS}/test_hits_1171.py::test_a_message_is_delivered_acknowledged_and_receipted",),
    "9.1.2": (f"{SCENARIOS}/test_hits_1171.py::test_an_answer_document_stays_in_the_conversation",),
    "9.2": (f"{SCENARIOS}/test_hits_1171.py::test_a_negative_apprec_rejects_the_message_and_not_its_envelope",),
    "9.3": (f"{SCENARIOS}/test_hits_1171.py::test_without_apprec_the_message_counts_as_not_received",),
    "9.4": (f"{SCENARIOS}/test_hits_1171.py::test_a_lost_message_is_sent_again_under_the_same_id",),
    "9.5": (f"{SCENARIOS}/test_hits_1171.py::test_a_message_kept_but_not_answered_is_answered_at_its_resend",),
    "9.6": (LOST_ACK,),
    "9.7": (f"{SCENARIOS}/test_hits_1171.py::test_a_refused_message_is_corrected_under_a_new_id",
            f"{SCENARIOS}/test_conduct.py::test_the_same_document_goes_again_under_a_new_message_id"),
}  # fmt: skip
"""Chapter of HITS 1171 to the tests of its scenario (`ebxml.md` §6.7)."""

TABLES = (CASES, CONDUCT, STANDARD)

ELSEWHERE = {39: "AMQP", 40: "AMQP"}
"""The second transport is not built yet."""


def test_every_standard_scenario_has_a_test() -> None:
    """Those that the reference lists in §6.7, and no other."""
    assert list(STANDARD) == ["9.1.1", "9.1.2", "9.2", "9.3", "9.4", "9.5", "9.6", "9.7"]


def test_every_rule_about_conduct_that_a_program_can_keep_is_held_by_a_test() -> None:
    """A rule without a test, and a test of a rule that is not there, fail here; what no program can keep says why."""
    kept = {rule.id for rule in RULES if rule.needs is Needs.CONDUCT and rule.by}
    assert kept == set(CONDUCT)
    assert all(rule.why for rule in RULES if rule.needs is not None and not rule.by)


def test_every_conformance_case_is_accounted_for() -> None:
    """Forty cases, each with a test here or with the transport it belongs to."""
    assert sorted({*CASES, *ELSEWHERE}) == list(range(1, 41))
    assert not set(CASES) & set(ELSEWHERE)


@pytest.mark.parametrize("node", sorted({node for table in TABLES for nodes in table.values() for node in nodes}))
def test_the_test_of_a_case_exists(node: str) -> None:
    """A test that was renamed or taken away leaves no case behind."""
    file, _, name = node.partition("::")
    assert re.search(rf"def {name}\b", (TESTS / file).read_text("utf-8"))


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.by], ids=lambda rule: rule.id)
def test_what_judges_a_rule_elsewhere_exists(rule) -> None:
    """The function that a rule without check of its own names is there."""
    module, _, name = rule.by.rpartition(".")
    while True:
        try:
            found = import_module(module)
            break
        except ModuleNotFoundError:
            module, _, outer = module.rpartition(".")
            name = f"{outer}.{name}"
    for step in name.split("."):
        found = getattr(found, step, None) or import_module(f"{found.__name__}.{step}")
    assert found is not None
