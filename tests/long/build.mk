# Tests that take long: booted programs as in tests/kernel, each in an image of its own.

# $(call long_guest,NAME): tests/long/NAME.c, and $(B)/tests/long/NAME.iso, which runs it.
define long_guest
$(call program,test-$(1),$(B)/tests/long/$(1).c.o $(GUEST_FRAME))

LONG_$(1)_FILES := $(filter-out test-% init=%,$(KERNEL_TEST_FILES)) \
    init=$(B)/programs/test-first/test-first test-$(1)=$(B)/programs/test-$(1)/test-$(1)
$$(eval $$(call boot_image,$(B)/tests/long/$(1).iso,LONG_$(1)_FILES))
TEST_LONG_NEEDS += $(B)/tests/long/$(1).iso
endef

$(B)/tests/long/%.c.o: tests/long/%.c
	mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -Itests/kernel -c -o $@ $<

$(eval $(call long_guest,spawns))

TEST_LONG += $(wildcard tests/long/test-*)
