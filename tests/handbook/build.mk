# Tests of README.md and the handbook.
SYSTEM_TESTS += tests/handbook/test-book tests/handbook/test-programs \
    tests/handbook/test-sessions tests/handbook/test-transcripts
TEST_NEEDS += $(HANDBOOK)/machine.iso $(B)/host/orrery-run
