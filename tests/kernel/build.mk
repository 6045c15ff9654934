# Tests of the kernel: pure parts on the host.

# $(call kernel_unit_test,NAME,FILES): tests/unit/NAME.c with FILES of the tree.
define kernel_unit_test
$(B)/tests/unit/$(1): $(patsubst %,$(B)/tests/unit/%.o,tests/unit/$(1).c $(2))
	$$(CC) -fsanitize=address,undefined -o $$@ $$(filter %.o,$$^) $$(UNIT_LIBS)

UNIT_TESTS += $(B)/tests/unit/$(1)
endef

$(eval $(call kernel_unit_test,kernel_frame,src/kernel/frame.c))
$(eval $(call kernel_unit_test,kernel_timer,src/kernel/timer.c))
$(eval $(call kernel_unit_test,kernel_number,src/kernel/number.c))
$(eval $(call kernel_unit_test,kernel_ring,src/kernel/ring.c))
$(eval $(call kernel_unit_test,kernel_acpi,src/kernel/x86/acpi.c))

# Run instruction by instruction, hence without a sanitizer, which would add many.
$(B)/tests/unit/kernel_ring_phase: tests/unit/kernel_ring_phase.c src/kernel/ring.c
	mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -o $@ $^ $(UNIT_LIBS)

UNIT_TESTS += $(B)/tests/unit/kernel_ring_phase

# Threads, hence ThreadSanitizer, which goes with no other.
RACE_CFLAGS := $(HOST_CFLAGS) -O1 -fsanitize=thread
$(B)/tests/race/%.c.o: %.c
	mkdir -p $(@D)
	$(CC) $(RACE_CFLAGS) -c -o $@ $<

# $(call race_test,NAME,FILES): tests/unit/NAME.c with FILES of the tree.
define race_test
$(B)/tests/unit/$(1): $(patsubst %,$(B)/tests/race/%.o,tests/unit/$(1).c $(2))
	mkdir -p $$(@D)
	$$(CC) -fsanitize=thread -o $$@ $$(filter %.o,$$^) -lpthread

UNIT_TESTS += $(B)/tests/unit/$(1)
endef

$(eval $(call race_test,kernel_ring_race,src/kernel/ring.c))
$(eval $(call race_test,libsys_mutex,src/libsys/mutex.c src/libsys/condition.c))

$(eval $(call kernel_unit_test,kernel_handle,src/kernel/handle.c))
$(eval $(call kernel_unit_test,kernel_elf,src/kernel/elf.c))
$(B)/tests/unit/kernel_elf: | $(B)/programs/hello/hello
$(eval $(call kernel_unit_test,kernel_space,src/kernel/space.c))
$(eval $(call kernel_unit_test,kernel_table,src/kernel/table.c))
$(eval $(call kernel_unit_test,kernel_heap,src/kernel/heap.c))
$(eval $(call kernel_unit_test,kernel_account,src/kernel/account.c))

# Booted tests: programs of the guest, each with many tests; tests/kernel/first.c is `init` and runs
# them all in one start of the machine.
GUEST_TESTS := accounts failures rings ports service fpu memory sharing copies pagers devices \
    loans buffers handles tables processes threads attacks review waits lending counts faults

GUEST_FRAME := $(B)/tests/kernel/guest.c.o $(B)/tests/kernel/serial.c.o

$(B)/tests/kernel/%.c.o: tests/kernel/%.c
	mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -c -o $@ $<

$(foreach name,first processors $(GUEST_TESTS),$(eval $(call program,test-$(name),\
    $(B)/tests/kernel/$(name).c.o $(GUEST_FRAME))))

KERNEL_TEST_FILES := kernel=$(B)/kernel/kernel kernel.symbols=$(B)/kernel/kernel.symbols \
    init=$(B)/programs/test-first/test-first $(foreach name,$(GUEST_TESTS),\
    test-$(name)=$(B)/programs/test-$(name)/test-$(name))
$(eval $(call boot_image,$(B)/tests/kernel/kernel.iso,KERNEL_TEST_FILES))

# What several processors make hard, by itself, with a trace.
PROCESSORS_TEST_FILES := $(wordlist 1,3,$(KERNEL_TEST_FILES)) cmdline=tests/boot/cmdline-trace \
    test-processors=$(B)/programs/test-processors/test-processors
$(eval $(call boot_image,$(B)/tests/kernel/processors.iso,PROCESSORS_TEST_FILES))
TEST_NEEDS += $(B)/tests/kernel/processors.iso

# The same tests with a kernel that is built to audit itself.
$(B)/debug/kernel/kernel $(B)/debug/kernel/kernel.symbols: FORCE
	$(MAKE) DEBUG=1 B=$(B)/debug $@

AUDITED_TEST_FILES := $(subst =$(B)/kernel/,=$(B)/debug/kernel/,$(KERNEL_TEST_FILES))
$(eval $(call boot_image,$(B)/debug/tests/kernel/kernel.iso,AUDITED_TEST_FILES))

TEST_NEEDS += $(B)/tests/kernel/kernel.iso $(B)/debug/tests/kernel/kernel.iso
KERNEL_TESTS += tests/kernel/test-guest tests/kernel/test-audit

# What the page tables allow, seen from outside.
$(B)/host/tests/kernel/%.o: tests/kernel/%.c
	@mkdir -p $(@D)
	$(CC) $(GRADER_CFLAGS) -c -o $@ $<

$(B)/host/pages: $(B)/host/tests/kernel/pages.o $(SESSION_OBJECTS)
	$(CC) -o $@ $^ $(SESSION_LIBS)

TEST_NEEDS += $(B)/host/pages
KERNEL_TESTS += tests/kernel/test-pages tests/kernel/test-processors
