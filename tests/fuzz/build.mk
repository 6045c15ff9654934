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

# For each commit two machines at a time, of different seeds, and one of two processors.
FUZZ_SHARE := 5000000
$(eval $(call fuzz_image,one,1,$(FUZZ_SHARE),0))
$(eval $(call fuzz_image,two,2,$(FUZZ_SHARE),0))
$(eval $(call fuzz_image,processors,3,200000,0))
TEST_NEEDS += $(patsubst %,$(B)/tests/fuzz/%.iso,one two processors)
KERNEL_TESTS += $(patsubst %,tests/fuzz/test-fuzz-%,one two processors)

# Some twenty minutes each, on 1, 2 and 4 processors.
$(eval $(call fuzz_image,long-1,101,40000000,0))
$(eval $(call fuzz_image,long-2,102,12000000,0))
$(eval $(call fuzz_image,long-4,104,6000000,0))
TEST_LONG_NEEDS += $(patsubst %,$(B)/tests/fuzz/long-%.iso,1 2 4)
TEST_LONG += $(patsubst %,tests/fuzz/test-long-%,1 2 4)

# make fuzz: as many requests as are asked for, or as fit into the minutes.
SEED_FUZZ := $(or $(SEED),1)
N ?= 1000000
FIRST ?= 0
$(eval $(call fuzz_image,fuzz,$(SEED_FUZZ),$(N),$(FIRST)))

.PHONY: fuzz fuzz-image
fuzz-image: $(B)/tests/fuzz/fuzz.iso
fuzz: $(B)/tests/fuzz/fuzz.iso $(B)/host/orrery-run
	B=$(B) sh tests/fuzz/fuzz.sh '$(SEED_FUZZ)' '$(N)' '$(or $(CPUS),1)' '$(MINUTES)'
