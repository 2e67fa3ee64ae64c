# Perigee: one file, modules in dependency order (base < crypto, kernel < ike, mip; cli sees base).
#   make            build/bin/{iked,mip6d,ipsec}          make check   unit tests and fuzz corpora
#   make lint       house rules                           make bench   figures
#   make fuzz       libFuzzer targets                     make trace   requirements and what shows them
#   make coverage  lines that unit tests and scenarios run, as HTML
#   make mutants    break a behaviour at a time; its test must turn red
#   make awake      what shows of each of the tester's tests that it can fail
#   make captures   the tester's IKE against captures of others (fetches wireshark's source package)
#   make conformance [SUBJECT=NAME|PATH] [LIST=LIST|ID,…] [DOCUMENT=1]   the tester's sheet
#   make machines   docs/machines.md anew from the tables of the state machines
#   make learn      what the daemons do, word by word, against docs/machines.md (about two minutes)
#   SAN=1           address and undefined-behaviour sanitizers (own build folder)
#   UBSAN=1         fatal undefined-behaviour sanitizer only (for daemons in the guest)
#   BUILD=FOLDER    where everything that is made goes, for a checkout that may not be written
#   CI=1            warnings are errors

# Its own rules are of no use here, and to look through them for each header takes most of its time.
MAKEFLAGS += -r

PREFIX  ?= /usr/local
CC      ?= cc
PYTHON  := /usr/bin/python3
V       ?= 0
Q       := $(if $(filter 1,$V),,@)
ifeq ($(strip $(BUILD)),)
override BUILD := build
endif
export BUILD
# What make or a shell takes for its own in the name of a target.
OWN     := : % = * ? [ ] ' " & ; < > | ` \ \# $$ ( )
ODD     := $(if $(word 2,$(value BUILD)),a blank,$(firstword $(foreach c,$(OWN),$(findstring $c,$(value BUILD)))))
$(if $(ODD),$(error BUILD=$(value BUILD) has $(ODD), which make cannot have in the name of a \
	target: take another folder, such as BUILD=/var/tmp/perigee))
# Within the checkout by one name only: what an object is made of is known by its name.
override BUILD := $(patsubst $(CURDIR)/%,%,$(BUILD))
B       := $(BUILD)$(if $(SAN),/san,)$(if $(UBSAN),/ubsan,)$(if $(COV),/cov,)

PKGS    := libcrypto libmnl libevent_core libbsd-overlay jansson libcap-ng libseccomp
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS))
PKG_LIBS := $(shell pkg-config --libs $(PKGS))
WARN    := -Wall -Wextra -Wshadow -Wvla -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes \
           -Wcast-qual $(if $(CI),-Werror)
OPT     := $(if $(SAN),-O1,-O2 -D_FORTIFY_SOURCE=2)
CFLAGS  += -std=c11 -D_GNU_SOURCE -g $(OPT) $(WARN) -fstack-protector-strong -fPIE -Isrc \
           $(PKG_CFLAGS)
LDFLAGS += -pie -Wl,-z,relro,-z,now
LDLIBS  += $(PKG_LIBS)
ifdef SAN
CFLAGS  += -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS += -fsanitize=address,undefined
endif
ifdef UBSAN
CFLAGS  += -fsanitize=undefined -fno-sanitize-recover=all
LDFLAGS += -fsanitize=undefined
endif
# In a guest each page that a program touches is a stop, and most are touched to relocate libraries:
# what the machine has as archives is linked in, at a fixed place.
ALL_PARTS = $(filter -l%,$(shell pkg-config --static --libs $(PKGS)))
WITHIN  := -no-pie -static-libgcc -static-libubsan -Wl,--as-needed
LINK     = $(if $(UBSAN),$$(cat $B/link),$(LDFLAGS) $(LDLIBS))
ifdef COV
CFLAGS  += --coverage
LDFLAGS += --coverage
endif

MODULES  := base crypto kernel ike mip cli
PROGRAMS := iked mip6d ipsec
MAIN_iked  := ike
MAIN_mip6d := mip
MAIN_ipsec := cli
# What a module may use, right to left as the linker wants it.
USES_base   := base
USES_crypto := crypto base
USES_kernel := kernel base
USES_ike    := ike kernel crypto base
USES_mip    := mip kernel crypto base
USES_cli    := cli base

libs = $(patsubst %,$B/lib/%.a,$(USES_$1))

all: $(PROGRAMS:%=$B/bin/%)

define MODULE
SRC_$1 := $$(filter-out src/$1/main.c,$$(wildcard src/$1/*.c src/$1/*/*.c))
$B/lib/$1.a: $$(SRC_$1:src/%.c=$B/obj/%.o)
	@mkdir -p $$(@D)
	@rm -f $$@
	$(Q)ar rcsP $$@ $$^
endef
$(foreach m,$(MODULES),$(eval $(call MODULE,$m)))

define PROGRAM
$B/bin/$1: $B/obj/$(MAIN_$1)/main.o $(call libs,$(MAIN_$1)) $(if $(UBSAN),$B/link)
	@mkdir -p $$(@D)
	@echo "  LD   $$@"
	$(Q)$(CC) -o $$@ $$(filter-out %/link,$$^) $$(LINK)
endef
$(foreach p,$(PROGRAMS),$(eval $(call PROGRAM,$p)))

# How the programs of a guest are linked here: as any other where that does not go.
$B/link: Makefile
	@mkdir -p $(@D)
	@words='$(WITHIN) $(filter-out -pie,$(LDFLAGS))'; \
	for one in $(ALL_PARTS); do \
		archive=$$($(CC) -print-file-name=lib$${one#-l}.a); \
		case $$archive in /*) one=$$archive ;; esac; \
		words="$$words $$one"; \
	done; \
	echo 'int main(void) { return 0; }' | $(CC) -x c - -x none -o $@.try $$words 2>$@.why || \
		words='$(LDFLAGS) $(LDLIBS)'; \
	echo "$$words" >$@; rm -f $@.try

$B/obj/%.o: src/%.c
	@mkdir -p $(@D)
	@echo "  CC   $<"
	$(Q)$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

# Unit tests: harness/unit/MODULE/test_X.c for src/MODULE/X.c, linked with that module's libraries.
UNITS := $(patsubst harness/unit/%.c,$B/unit/%,$(wildcard harness/unit/*/test_*.c))
# What several tests of a module share: harness/unit/MODULE/*.c that is not a test.
UNIT_HELP = $(filter-out harness/unit/$1/test_%.c,$(wildcard harness/unit/$1/*.c))
UNIT_FLAGS := $(CFLAGS) -Wno-missing-prototypes -Wno-string-concatenation -Iharness -DTOP='"$(CURDIR)"' \
           -DBUILT='"$(if $(filter /%,$(BUILD)),,$(CURDIR)/)$(BUILD)"'
# A kernel in memory behind struct nl: harness/unit/fake, for every module that sees src/kernel.
FAKE_LIB := $B/unit/fake/fake.a
FAKE_OBJS := $(patsubst harness/unit/fake/%.c,$B/unit/fake/%.o,$(wildcard harness/unit/fake/*.c))
fake = $(if $(filter kernel,$(USES_$1)),$(FAKE_LIB))
# Held against docs/machines.md by the tests of the modules that have machines.
MACHINE_TESTS := $(wildcard harness/unit/*/test_machines.c)
doc = $(if $(filter harness/unit/$1/%,$(MACHINE_TESTS)),$B/unit/machine_doc.o)

$B/unit/%.o: harness/unit/%.c
	@mkdir -p $(@D)
	@echo "  CC   $<"
	$(Q)$(CC) $(UNIT_FLAGS) -MMD -MP -c -o $@ $<
$(FAKE_LIB): $(FAKE_OBJS)
	@rm -f $@
	$(Q)ar rcs $@ $^

HELP_OBJS = $(patsubst harness/unit/%.c,$B/unit/%.o,$(call UNIT_HELP,$1))
define UNIT
$B/unit/$1/test_%: harness/unit/$1/test_%.c $(call HELP_OBJS,$1) harness/unit/unit.h \
		$(call doc,$1) $(call fake,$1) $(call libs,$1)
	@mkdir -p $$(@D)
	@echo "  CC   $$<"
	$(Q)$(CC) $(UNIT_FLAGS) -MMD -MP $(LDFLAGS) -o $$@ $$< $(call HELP_OBJS,$1) \
		$(call doc,$1) $(call fake,$1) $(call libs,$1) $(LDLIBS) -lcmocka
endef
$(foreach m,$(MODULES),$(eval $(call UNIT,$m)))

# Fuzz targets: harness/fuzz/fuzz_X.c exports LLVMFuzzerTestOneInput; corpus in harness/fuzz/corpus/X/.
FUZZ := $(patsubst harness/fuzz/fuzz_%.c,%,$(wildcard harness/fuzz/fuzz_*.c))
ALL_LIBS := $(foreach m,ike mip kernel crypto base,$B/lib/$m.a)

# What a target needs beside src: that of a peer stands on the pair tests' two daemons, those of
# mip6d on its unit tests' two.
PEER_HELP := harness/unit/ike/pair.c harness/unit/ike/peer.c $(wildcard harness/unit/fake/*.c)
DUO_HELP := harness/unit/mip/duo.c harness/unit/mip/fake_rt.c $(wildcard harness/unit/fake/*.c)
FUZZ_HELP_peer := $(PEER_HELP)
FUZZ_HELP_ha := $(DUO_HELP)
FUZZ_HELP_mn := $(DUO_HELP)
# The same input is the same run: such a target draws its own random numbers.
FUZZ_OWN_peer := src/crypto/rand.c
FUZZ_OWN_ha := src/crypto/rand.c src/ike/%
FUZZ_OWN_mn := src/crypto/rand.c src/ike/%
$(foreach t,peer ha mn,$B/replay/$t $(BUILD)/fuzz/$t): LDLIBS += -lcmocka
$B/replay/peer $(BUILD)/fuzz/peer: $(PEER_HELP) harness/fuzz/run.h harness/fuzz/run_openssl.h
$(foreach t,ha mn,$B/replay/$t $(BUILD)/fuzz/$t): $(DUO_HELP) harness/fuzz/mip_any.h harness/fuzz/run.h

$B/replay/%: harness/fuzz/fuzz_%.c harness/fuzz/replay.c $(ALL_LIBS)
	@mkdir -p $(@D)
	@echo "  CC   $<"
	$(Q)$(CC) $(UNIT_FLAGS) -MMD -MP $(LDFLAGS) -o $@ $< harness/fuzz/replay.c $(FUZZ_HELP_$*) \
		$(ALL_LIBS) $(LDLIBS)

$(BUILD)/fuzz/%: harness/fuzz/fuzz_%.c $(wildcard src/base/*.c src/crypto/*.c src/kernel/*.c src/ike/*.c src/ike/*/*.c src/mip/*.c src/mip/*/*.c)
	@mkdir -p $(@D)
	@echo "  FUZZ $<"
	$(Q)clang $(filter-out -O2 -D_FORTIFY_SOURCE=2,$(UNIT_FLAGS)) -O1 -fsanitize=fuzzer,address,undefined \
		-o $@ $< $(FUZZ_HELP_$*) $(filter-out %/main.c $(FUZZ_OWN_$*),$(filter src/%,$^)) $(LDLIBS)

# The learner: what a daemon does, word by word, against its tables (harness/learn/learn.h). Probes
# stand where the linker puts them.
# A toy beside them shows that it is awake.
LEARNERS := $B/learn/learn-ike $B/learn/learn-mip
LEARN_DEPTH  := 6
REASONS := harness/learn/reasons
LEARN_BUDGET_ike := 3000
LEARN_BUDGET_mip := 5000
LEARN_HELP_ike := $(PEER_HELP) harness/unit/ike/tables.c
LEARN_HELP_mip := $(filter-out harness/unit/mip/test_%.c harness/unit/mip/duo.c,$(wildcard harness/unit/mip/*.c)) \
	$(wildcard harness/unit/fake/*.c)
LEARN_WRAP_ike := x_do x_move sa_new child_new child_do end_sa end_joined end_timed_out dh_new
LEARN_WRAP_mip := mn_event mn_ba
define LEARNER
$B/learn/learn-$1: $$(patsubst harness/%.c,$B/%.o,$$(wildcard harness/learn/*.c harness/learn/$1/*.c) \
		$$(LEARN_HELP_$1) harness/unit/machine_doc.c) $$(ALL_LIBS)
	@mkdir -p $$(@D)
	@echo "  LD   $$@"
	$(Q)$(CC) $(LDFLAGS) $$(addprefix -Wl$$(comma)--wrap=,$$(LEARN_WRAP_$1)) -o $$@ $$^ $(LDLIBS) \
		-lcmocka
endef
comma := ,
$(foreach l,ike mip toy,$(eval $(call LEARNER,$l)))
$B/learn/%.o: harness/learn/%.c
	@mkdir -p $(@D)
	@echo "  CC   $<"
	$(Q)$(CC) $(UNIT_FLAGS) -MMD -MP -c -o $@ $<

learn: $(LEARNERS)
	@$B/learn/learn-ike --depth=$(LEARN_DEPTH) --budget=$(LEARN_BUDGET_ike) --reasons=$(REASONS)
	@$B/learn/learn-mip --depth=$(LEARN_DEPTH) --budget=$(LEARN_BUDGET_mip) --reasons=$(REASONS)

check: $(UNITS) $(FUZZ:%=$B/replay/%) $(LEARNERS) $B/learn/learn-toy
	@harness/unit/run $B $(UNITS) -- $(FUZZ) -- $(LEARNERS)

machines: $(MACHINE_TESTS:harness/unit/%.c=$B/unit/%)
	@for test in $^; do MACHINES=write $$test || exit 1; done

# Ten minutes of one: build/fuzz/mn -max_total_time=600 -entropic=0 NEW-FOLDER harness/fuzz/corpus/mn
# Inputs of peer, ha and mn reach much of the code, and the entropic schedule counts all of it each time.
fuzz: $(FUZZ:%=$(BUILD)/fuzz/%)

lint:
	@$(PYTHON) harness/lint/lint.py

bench: all $B/bench/bench_ike
	@$(PYTHON) -m harness.bench
# Beside commit d6f4d1b; COST=--coa-change or COST="--folders 5" for a short look.
bench-cost:
	@$(PYTHON) -m harness.bench.cost $(COST)
$B/bench/bench_ike: $(wildcard harness/bench/*.c harness/bench/*.h) $(FAKE_LIB) $(call libs,ike)
	@mkdir -p $(@D)
	@echo "  LD   $@"
	$(Q)$(CC) $(UNIT_FLAGS) $(LDFLAGS) -o $@ $(filter %.c,$^) $(FAKE_LIB) $(call libs,ike) $(LDLIBS)

# Units and scenarios together; SCENARIOS="coa-change …" for some of them.
coverage:
	@$(PYTHON) -m harness.bed.engine.coverage $(SCENARIOS)

trace:
	@$(PYTHON) -m harness.bed.report.trace

mutants:
	@$(PYTHON) -m harness.mutants
awake captures:
	@$(PYTHON) -m harness.tester.$@

# What the conformance tester says of ours, or of SUBJECT: a name or an adapter's path, or all.
conformance:
	@$(PYTHON) -m harness.tester.run $(if $(SUBJECT),--subject='$(SUBJECT)') \
		$(if $(LIST),--list='$(LIST)') $(if $(SHARD),--shard='$(SHARD)') \
		$(if $(DOCUMENT),--document)

# What the guest's kernel is started with, small programs that test it, and its first process.
GUEST_FLAGS := -std=c11 -D_GNU_SOURCE -O2 $(WARN)
guest: $(addprefix $(BUILD)/guest/,preload.so prefork.so umip-like.so try_clock try_xstate agent)
$(BUILD)/guest/umip-like.so: harness/guest/umip_like.c
$(BUILD)/guest/preload.so: $(addprefix harness/guest/,xstate.c clock.c rate.c remap.c) harness/guest/clock.h
$(BUILD)/guest/prefork.so: harness/guest/prefork.c harness/guest/prefork.h
$(BUILD)/guest/%.so:
	@mkdir -p $(@D)
	@echo "  CC   $@"
	$(Q)$(CC) $(GUEST_FLAGS) -fPIC -shared -o $@ $(filter %.c,$^) -ldl -pthread
$(BUILD)/guest/try_%: harness/guest/try_%.c
	@mkdir -p $(@D)
	@echo "  CC   $<"
	$(Q)$(CC) $(GUEST_FLAGS) -o $@ $< -pthread

# The guest's first process: static, for it starts before anything else is there.
AGENT_SRC   := $(wildcard harness/guest/agent*.c)
AGENT_LISTS := harness/guest/modules harness/guest/modules.either
AGENT_FLAGS = -std=c11 -D_GNU_SOURCE -O2 -g $(WARN) \
	-DMODULES_WANTED='"$(shell cat harness/guest/modules)"' \
	-DMODULES_EITHER='"$(shell cat harness/guest/modules.either)"'
$(BUILD)/guest/agent: $(AGENT_SRC) harness/guest/agent.h harness/guest/prefork.h $(AGENT_LISTS)
	@mkdir -p $(@D)
	@echo "  LD   $@"
	$(Q)$(CC) $(AGENT_FLAGS) -static -o $@ $(AGENT_SRC)

install: all
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/share/man/man5 \
		$(DESTDIR)$(PREFIX)/share/man/man8
	install -m 755 $(PROGRAMS:%=$B/bin/%) $(DESTDIR)$(PREFIX)/sbin/
	install -m 644 $(wildcard docs/man/*.5) $(DESTDIR)$(PREFIX)/share/man/man5/
	install -m 644 $(wildcard docs/man/*.8) $(DESTDIR)$(PREFIX)/share/man/man8/

clean:
	rm -rf $(BUILD)

.PHONY: all check machines learn fuzz lint bench bench-cost coverage trace mutants awake captures conformance guest install clean
.SECONDARY:
-include $(shell find $B/obj $B/unit $B/replay $B/learn -name '*.d' -type f 2>/dev/null)
