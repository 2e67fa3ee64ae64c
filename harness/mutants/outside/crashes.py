"""crashes - mutants that end iked where it has to go on: who looks sees that it is gone."""

from __future__ import annotations

from harness.mutants.row import Mutant, of

CRASHES = (
    Mutant("A-062 F-012", "src/ike/message/msg_in.c",
           "if (++c->n > MSG_MAX_PAYLOADS || m->n_order == MSG_MAX_PAYLOADS)\n"
           "\t\treturn -EBADMSG;",
           "if (++c->n > MSG_MAX_PAYLOADS)\n\t\t__builtin_trap();",
           of("ike",
              malformed_init="very_many_payloads_do_no_harm")),
    Mutant("A-096 A-081", "src/ike/exchange/auth.c",
           "\tif (!(in->has & P(AUTH))) {\n"
           "\t\tlog_ike(1, \"EAP not supported, IKE_AUTH without AUTH refused\");\n"
           "\t\treturn -EOPNOTSUPP;\n\t}",
           "\tif (!(in->has & P(AUTH)))\n\t\t__builtin_trap();",
           of("ike",
              requirements_core="who_wants_eap_is_refused",
              cves="an_auth_that_lacks_something_does_no_harm")),
    Mutant("A-062", "src/crypto/sk.c",
           "if (msg.n < head || msg.n - head < iv_len + k->encr->out_len + icv_len)\n"
           "\t\treturn -EBADMSG;",
           "if (msg.n < head || msg.n - head < iv_len + k->encr->out_len + icv_len)\n"
           "\t\t__builtin_trap();",
           of("ike",
              malformed_sealed="a_short_sk_payload_is_dropped")),
    Mutant("A-234", "src/crypto/sk.c",
           "if (pad + 1 > body)\n\t\treturn -EPROTO;",
           "if (pad + 1 > body)\n\t\t__builtin_trap();",
           of("ike",
              malformed_sealed="more_padding_than_text_is_refused")),
    Mutant("A-062", "src/ike/message/msg_in.c",
           "if (c->inner || rd_left(&c->in) || m->has)\n\t\treturn -EPROTO;",
           "if (c->inner || rd_left(&c->in) || m->has)\n\t\t__builtin_trap();",
           of("ike",
              malformed_sealed="a_payload_beside_sk_does_no_harm")),
    Mutant("A-123", "src/ike/message/ts.c",
           "\tt.hi = rd_in6(&body);\n\tif (rd_done(&body) < 0)\n\t\treturn -EBADMSG;",
           "\tt.hi = rd_in6(&body);\n\tif (rd_done(&body) < 0)\n\t\t__builtin_trap();",
           of("ike",
              cves="a_selector_of_a_wrong_length_does_no_harm "
                   "a_rekey_with_a_selector_of_a_wrong_length_does_no_harm "
                   "a_selector_of_a_wrong_length_in_an_answer_does_no_harm")),
    Mutant("A-047", "src/crypto/dh.c",
           "\tr = f->check(peer);\n\tif (r < 0)\n\t\treturn r;\n\tr = blob_alloc",
           "\tr = f->check(peer);\n\tif (r < 0)\n\t\t__builtin_trap();\n\tr = blob_alloc",
           of("ike",
              cves="a_trivial_public_value_makes_no_keys "
                   "a_trivial_public_value_of_a_responder_makes_no_keys "
                   "a_trivial_public_value_replaces_no_ike_sa")),
    Mutant("A-047", "src/ike/exchange/init.c",
           "\tif (in->ke.data.n != sa->suite.dh->key_len)\n"
           "\t\treturn x_refuse(x, N_INVALID_SYNTAX);",
           "\tif (in->ke.data.n != sa->suite.dh->key_len)\n\t\t__builtin_trap();",
           of("ike",
              malformed_init="a_ke_of_a_wrong_size_is_refused",
              cves="a_public_value_that_is_too_long_does_no_harm")),
    Mutant("A-043", "src/ike/message/prop.c",
           "if (rd_done(&body) < 0 || more != (last ? LAST : MORE_TRANSFORMS))\n"
           "\t\treturn -EBADMSG;",
           "if (rd_done(&body) < 0 || more != (last ? LAST : MORE_TRANSFORMS))\n"
           "\t\t__builtin_trap();",
           of("ike",
              malformed_init="an_attribute_longer_than_its_transform_is_refused")),
    Mutant("A-041", "src/ike/message/prop.c",
           "\tif (rd_ok(in) < 0)\n\t\treturn -EBADMSG;\n"
           "\tfor (size_t i = 0; i < sizeof(spi_sizes)",
           "\tif (rd_ok(in) < 0)\n\t\t__builtin_trap();\n"
           "\tfor (size_t i = 0; i < sizeof(spi_sizes)",
           of("ike",
              malformed_init="an_spi_size_of_255_is_refused")),
    Mutant("A-043", "src/ike/exchange/init.c",
           "\tif (choose(sa, x->pkt, in) < 0) /* 2.7 */",
           "\tif (!in->sa.n)\n\t\t__builtin_trap();\n"
           "\tif (choose(sa, x->pkt, in) < 0) /* 2.7 */",
           of("ike",
              malformed_init="no_proposal_at_all_is_refused")),
    Mutant("A-088", "src/ike/auth/auth.c",
           "\t\t\tunknown += !ca;",
           "\t\t\tif (!ca)\n\t\t\t\t__builtin_trap();",
           of("ike",
              requirements="unknown_authorities_are_passed_over")),
    Mutant("A-062", "src/ike/machine/xchg.c",
           "\telse if (rc < 0 || !payloads_fit(row, in))\n",
           "\telse if (!rc && !payloads_fit(row, in))\n\t\t__builtin_trap();\n"
           "\telse if (rc < 0)\n",
           of("ike",
              cves="an_init_that_lacks_something_does_no_harm "
                   "create_child_sa_after_a_broken_init_does_no_harm")),
    Mutant("A-062", "src/ike/machine/xchg.c",
           "\t\tdrop(sa->d, p, \"not an answer\");",
           "\t\t__builtin_trap();",
           of("ike",
              cves="an_answer_to_init_that_lacks_something_does_no_harm")),
    Mutant("A-062", "src/ike/machine/xchg.c",
           "\tif (!row && rc != -ENOPROTOOPT && sa->state != SA_INIT_SENT) {",
           "\tif (!row && rc != -ENOPROTOOPT && sa->state != SA_INIT_SENT)\n"
           "\t\t__builtin_trap();\n\tif (0) {",
           of("ike",
              cves="an_answer_to_auth_that_lacks_something_does_no_harm")),
    Mutant("A-053", "src/ike/message/msg_in.c",
           "\tif (!(flags & CRITICAL))\n\t\treturn 0;",
           "\tif (type < 33)\n\t\t__builtin_trap();\n\tif (!(flags & CRITICAL))\n\t\treturn 0;",
           of("ike",
              cves="payloads_of_ikev1_do_no_harm")),
    Mutant("A-128 A-053", "src/ike/machine/notify.c",
           "\twhile (i < N_ROWS && rows[i].type != type)\n\t\ti++;",
           "\twhile (i < N_ROWS && rows[i].type != type)\n\t\ti++;\n\tif (i == N_ROWS)\n"
           "\t\t__builtin_trap();",
           of("ike",
              responder_init="an_unknown_notification_is_ignored",
              initiator_init="an_unknown_status_is_ignored")),
    Mutant("A-202", "src/ike/daemon.c",
           "\tdm->look |= came;",
           "\tif (!came)\n\t\t__builtin_trap();\n\tdm->look |= came;",
           of("ike",
              requirements_core="an_address_that_goes_makes_nobody_speak")),
    Mutant("A-004", "src/ike/message/msg_in.c",
           "\tm->raw = datagram;\n",
           "\tm->raw = datagram;\n\tif (!datagram.n)\n\t\t__builtin_trap();\n",
           of("ike",
              malformed_init="an_empty_datagram_is_dropped")),
    Mutant("A-062", "src/ike/message/msg_in.c",
           "\tif (rd_ok(&body) < 0)\n\t\treturn -EPROTO;",
           "\tif (rd_ok(&body) < 0)\n\t\t__builtin_trap();",
           of("ike",
              malformed_init="a_payload_longer_than_its_message_is_refused "
                             "a_chain_that_never_ends_is_refused")),
    Mutant("A-027", "src/ike/exchange/init.c",
           "\tif (!sa->tries) /* 2.21.1: unprotected; a better answer may come until we ask "
           "again */\n\t\treturn X_DROP;",
           "\tif (!sa->tries)\n\t\t__builtin_trap();",
           of("ike",
              initiator_init="no_proposal_chosen_ends_it an_unknown_error_ends_it")),
    Mutant("A-003", "src/ike/message/msg_in.c",
           "\tif (!m->spi_i || m->exchange < XCHG_IKE_SA_INIT ||",
           "\tif (m->exchange > XCHG_INFORMATIONAL)\n\t\t__builtin_trap();\n"
           "\tif (!m->spi_i || m->exchange < XCHG_IKE_SA_INIT ||",
           of("ike",
              malformed_init="an_unknown_exchange_is_dropped")),
    Mutant("A-050", "src/ike/exchange/natt.c",
           "if (n->type != type || n->data.n != HASH_LEN)\n\t\t\tcontinue;",
           "if (n->type == type && n->data.n != HASH_LEN)\n\t\t\t__builtin_trap();\n"
           "\t\tif (n->type != type)\n\t\t\tcontinue;",
           of("ike",
              malformed_init="an_address_hash_of_a_wrong_size_does_no_harm")),
    Mutant("A-096 A-053", "src/ike/message/msg_in.c",
           "\t\tm->has |= P_BIT(type);\n\t\tm->order",
           "\t\tif (type == PLD_EAP)\n\t\t\t__builtin_trap();\n\t\tm->has |= P_BIT(type);\n"
           "\t\tm->order",
           of("ike",
              cves="an_early_success_of_eap_proves_nobody")),
)
