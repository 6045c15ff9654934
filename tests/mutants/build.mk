# Damaged inputs for what reads files and bytes of others: some thousands a target in make test,
# a million each in make test-long.

MUTANT_CFLAGS = $(UNIT_CFLAGS) -Igrader

$(B)/tests/mutants/%.c.o: %.c
	mkdir -p $(@D)
	$(CC) $(MUTANT_CFLAGS) -c -o $@ $<

# $(call mutants,NAME,FILES,INPUTS): tests/mutants/NAME.c with FILES of the tree, on damaged copies
# of INPUTS. $(B)/tests/mutants/NAME is the program, mutants_NAME runs it.
define mutants
$(B)/tests/mutants/$(1): $(patsubst %,$(B)/tests/mutants/%.o,tests/mutants/main.c \
    tests/mutants/$(1).c $(2))
	$$(CC) -fsanitize=address,undefined -o $$@ $$(filter %.o,$$^)

$(B)/tests/unit/mutants_$(1): $(B)/tests/mutants/$(1) $(3)
	mkdir -p $$(@D)
	printf '#!/bin/sh\nexec %s %s $$$$MUTANT_ROUNDS\n' $$(abspath $$<) '$$(abspath $(3))' >$$@
	chmod +x $$@

UNIT_TESTS += $(B)/tests/unit/mutants_$(1)
MUTANTS += $(1)
endef

MUTANT_SPECS := $(wildcard labs/*/spec grader/tests/*/spec)
$(eval $(call mutants,spec,$(patsubst %,grader/%.c,spec spec_lex spec_pattern spec_observe trace),\
    $(MUTANT_SPECS)))
$(eval $(call mutants,trace,grader/trace.c,tests/mutants/corpus/trace.bin))
$(eval $(call mutants,packet,grader/gdb/packet.c,tests/mutants/corpus/packet.bin))
$(eval $(call mutants,archive,src/boot/archive.c src/boot/crc32c.c,\
    tests/mutants/corpus/archive.bin))
$(eval $(call mutants,map,src/boot/memory_map.c,tests/mutants/corpus/map.bin))
$(eval $(call mutants,elf,src/boot/elf.c src/kernel/elf.c,tests/mutants/corpus/kernel.bin \
    $(B)/programs/hello/hello))

TEST_LONG += tests/mutants/test-mutants
TEST_LONG_NEEDS += $(patsubst %,$(B)/tests/unit/mutants_%,$(MUTANTS))
