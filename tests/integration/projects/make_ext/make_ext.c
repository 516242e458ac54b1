#include <Python.h>

#include "where.h"

static PyObject *py_where(PyObject *self, PyObject *unused) { return PyUnicode_FromString(where()); }

static PyMethodDef methods[] = {{"where", py_where, METH_NOARGS, "Where it was compiled."}, {NULL}};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "make_ext", NULL, -1, methods};

PyMODINIT_FUNC PyInit_make_ext(void) { return PyModule_Create(&module); }
