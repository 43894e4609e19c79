"""Which test holds each conformance case of the profile; a case that no test holds fails here (`ebxml.md` ch. 13)."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

from adapter.envelope.rules import RULES

TESTS = Path(__file__).parents[2]
ENVELOPE, CRYPTO, SCENARIOS = "unit/envelope", "unit/crypto", "scenarios"

CASES = {
    1: (f"{ENVELOPE}/rules/test_envelope_rules.py::test_clean_mails_keep_every_rule",
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
    24: (f"{SCENARIOS}/test_unreadable.py::test_what_may_not_be_answered_goes_to_quarantine",
         f"{SCENARIOS}/test_unreadable.py::test_an_unreadable_mail_from_a_partner_is_kept_and_answered_by_one_fault"),
    25: (f"{ENVELOPE}/test_agreement.py::test_what_the_agreement_does_not_hold_is_refused",
         f"{ENVELOPE}/test_agreement.py::test_an_unknown_agreement_is_wrong_only_to_who_can_know"),
    26: (f"{ENVELOPE}/test_open.py::test_a_message_is_admitted_for_our_parties_and_in_time_only",),
    27: (f"{ENVELOPE}/test_open.py::test_what_our_keys_do_not_open_is_a_security_failure",
         f"{CRYPTO}/test_cms.py::test_every_failure_looks_the_same_from_outside"),
    28: (f"{SCENARIOS}/test_register.py::test_a_mail_waits_for_the_register",
         f"{SCENARIOS}/test_revocation.py::test_a_responder_that_is_away_refuses_nobody"),
    29: (f"{SCENARIOS}/test_hits_1171.py::test_a_message_is_delivered_acknowledged_and_receipted",
         f"{SCENARIOS}/test_hits_1171.py::test_a_refused_message_is_corrected_under_a_new_id"),
    30: (f"{SCENARIOS}/test_reliability.py::test_a_duplicate_of_a_refused_message_hears_the_same_error",
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
    38: (f"{SCENARIOS}/test_reliability.py::test_a_restart_while_waiting_for_an_answer_forgets_no_timer",
         f"{ENVELOPE}/test_seal.py::test_time_is_written_in_utc"),
}  # fmt: skip
"""Number of the case to the tests that hold it. 37 is held with the POP3 reader, 39 and 40 with AMQP."""

ELSEWHERE = {37: "POP3", 39: "AMQP", 40: "AMQP"}


def test_every_conformance_case_is_accounted_for() -> None:
    """Forty cases, each with a test here or with the transport it belongs to."""
    assert sorted({*CASES, *ELSEWHERE}) == list(range(1, 41))
    assert not set(CASES) & set(ELSEWHERE)


@pytest.mark.parametrize("node", sorted({node for nodes in CASES.values() for node in nodes}))
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
