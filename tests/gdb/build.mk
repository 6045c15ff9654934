# GDB on the machine, in batches; and its protocol on the host.

GRADER_TESTS += $(wildcard tests/gdb/test-*)
TEST_NEEDS += programs $(B)/host/orrery-gdb $(B)/host/orrery-case $(B)/host/orrery-grade

$(B)/tests/gdb/protocol: $(patsubst %,$(B)/tests/unit/%.o,tests/gdb/protocol.c \
    grader/gdb/packet.c grader/gdb/request.c)
	@mkdir -p $(@D)
	$(CC) -fsanitize=address,undefined -o $@ $(filter %.o,$^) $(UNIT_LIBS)

UNIT_TESTS += $(B)/tests/gdb/protocol
