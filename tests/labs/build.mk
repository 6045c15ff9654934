# Host tests of the labs' pieces, a program a step, and the tests of the labs themselves.

# $(call lab_unit_test,NAME,FILES): tests/labs/NAME.c with FILES of the tree.
define lab_unit_test
$(B)/tests/unit/$(1): $(patsubst %,$(B)/tests/unit/%.o,$(addprefix tests/labs/,$(1).c model.c \
    panic.c) $(2))
	$$(CC) -fsanitize=address,undefined -o $$@ $$(filter %.o,$$^) $$(UNIT_LIBS)

UNIT_TESTS += $(B)/tests/unit/$(1)
endef

$(B)/tests/unit/tests/labs/%.o: UNIT_CFLAGS += -Itests

$(eval $(call lab_unit_test,frames_alloc,src/kernel/frame.c))
$(eval $(call lab_unit_test,frames_free,src/kernel/frame.c))
$(eval $(call lab_unit_test,frames_merge,src/kernel/frame.c))

# A piece that is not written yet panics.
$(B)/tests/unit/kernel_frame: $(B)/tests/unit/tests/labs/panic.c.o

# The labs themselves, the longest first.
LAB_TESTS += $(patsubst %,tests/labs/%,check-02 branch-02 check-00 test-pieces)
TEST_NEEDS += $(B)/host/orrery-grade
