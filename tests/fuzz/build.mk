# The fuzzer: a program of many roles in boot images of its own; the file `fuzz.conf` of each says
# the seed, and for how long.

FUZZ_OBJECTS := $(patsubst %,$(B)/tests/fuzz/%.c.o,main supervisor worker request values answer \
    server) $(B)/tests/kernel/serial.c.o

$(B)/tests/fuzz/%.c.o: tests/fuzz/%.c
	mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -Itests/kernel -c -o $@ $<

$(eval $(call program,fuzz,$(FUZZ_OBJECTS)))

# $(call fuzz_image,NAME,SEED,OPERATIONS,FIRST ROUND): $(B)/tests/fuzz/NAME.iso
define fuzz_image
$(B)/tests/fuzz/$(1).conf: FORCE
	mkdir -p $$(@D)
	echo 'seed=$(2) operations=$(3) first=$(4)' | cmp -s - $$@ || \
	    echo 'seed=$(2) operations=$(3) first=$(4)' >$$@

FUZZ_$(1)_FILES := kernel=$(B)/kernel/kernel kernel.symbols=$(B)/kernel/kernel.symbols \
    init=$(B)/programs/fuzz/fuzz fuzz=$(B)/programs/fuzz/fuzz fuzz.conf=$(B)/tests/fuzz/$(1).conf
$$(eval $$(call boot_image,$(B)/tests/fuzz/$(1).iso,FUZZ_$(1)_FILES))
endef

# Two machines at a time, of different seeds, for each commit.
FUZZ_SHARE := 1000000
$(eval $(call fuzz_image,one,1,$(FUZZ_SHARE),0))
$(eval $(call fuzz_image,two,2,$(FUZZ_SHARE),0))
TEST_NEEDS += $(B)/tests/fuzz/one.iso $(B)/tests/fuzz/two.iso
KERNEL_TESTS += tests/fuzz/test-fuzz-one tests/fuzz/test-fuzz-two

# make fuzz: as many requests as are asked for, or as fit into the minutes.
SEED_FUZZ := $(or $(SEED),1)
N ?= 1000000
FIRST ?= 0
$(eval $(call fuzz_image,fuzz,$(SEED_FUZZ),$(N),$(FIRST)))

.PHONY: fuzz fuzz-image
fuzz-image: $(B)/tests/fuzz/fuzz.iso
fuzz: $(B)/tests/fuzz/fuzz.iso $(B)/host/orrery-run
	B=$(B) sh tests/fuzz/fuzz.sh '$(SEED_FUZZ)' '$(N)' '$(or $(CPUS),1)' '$(MINUTES)'
