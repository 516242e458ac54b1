"""What Bazel reserves for a build, by the attributes `cpus` and `memory_per_cpu_mib`."""

CPUS = [1, 2, 4, 8, 16, 32]
MEMORY_PER_CPU_MIB = [512, 2048, 8192]

def _resources(cpus, memory_per_cpu_mib):
    return {"cpu": cpus, "memory": cpus * memory_per_cpu_mib}

# `resource_set` takes a function that a file defines by its name, and hands it no attributes: one for each pair.
def _1_512(_os, _inputs):
    return _resources(1, 512)

def _2_512(_os, _inputs):
    return _resources(2, 512)

def _4_512(_os, _inputs):
    return _resources(4, 512)

def _8_512(_os, _inputs):
    return _resources(8, 512)

def _16_512(_os, _inputs):
    return _resources(16, 512)

def _32_512(_os, _inputs):
    return _resources(32, 512)

def _1_2048(_os, _inputs):
    return _resources(1, 2048)

def _2_2048(_os, _inputs):
    return _resources(2, 2048)

def _4_2048(_os, _inputs):
    return _resources(4, 2048)

def _8_2048(_os, _inputs):
    return _resources(8, 2048)

def _16_2048(_os, _inputs):
    return _resources(16, 2048)

def _32_2048(_os, _inputs):
    return _resources(32, 2048)

def _1_8192(_os, _inputs):
    return _resources(1, 8192)

def _2_8192(_os, _inputs):
    return _resources(2, 8192)

def _4_8192(_os, _inputs):
    return _resources(4, 8192)

def _8_8192(_os, _inputs):
    return _resources(8, 8192)

def _16_8192(_os, _inputs):
    return _resources(16, 8192)

def _32_8192(_os, _inputs):
    return _resources(32, 8192)

# By memory for each CPU, and number of CPUs.
RESOURCE_SETS = {
    512: {1: _1_512, 2: _2_512, 4: _4_512, 8: _8_512, 16: _16_512, 32: _32_512},
    2048: {1: _1_2048, 2: _2_2048, 4: _4_2048, 8: _8_2048, 16: _16_2048, 32: _32_2048},
    8192: {1: _1_8192, 2: _2_8192, 4: _4_8192, 8: _8_8192, 16: _16_8192, 32: _32_8192},
}
