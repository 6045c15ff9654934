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

# Two threads, hence ThreadSanitizer, which goes with no other.
RACE_CFLAGS := $(HOST_CFLAGS) -O1 -fsanitize=thread
RACE_OBJECTS := $(patsubst %,$(B)/tests/race/%.o,tests/unit/kernel_ring_race.c src/kernel/ring.c)

$(B)/tests/race/%.c.o: %.c
	mkdir -p $(@D)
	$(CC) $(RACE_CFLAGS) -c -o $@ $<

$(B)/tests/unit/kernel_ring_race: $(RACE_OBJECTS)
	$(CC) -fsanitize=thread -o $@ $(RACE_OBJECTS) -lpthread

UNIT_TESTS += $(B)/tests/unit/kernel_ring_race

$(eval $(call kernel_unit_test,kernel_handle,src/kernel/handle.c))
$(eval $(call kernel_unit_test,kernel_elf,src/kernel/elf.c))
$(B)/tests/unit/kernel_elf: | $(B)/programs/hello/hello
$(eval $(call kernel_unit_test,kernel_space,src/kernel/space.c))
$(eval $(call kernel_unit_test,kernel_heap,src/kernel/heap.c))
