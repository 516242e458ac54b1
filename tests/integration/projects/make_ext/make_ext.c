#include <Python.h>

#include "where.h"

static PyObject *py_where(PyObject *self, PyObject *unused) { return PyUnicode_FromString(where()); }

/* Which flags reached this file, which setuptools compiles. */
static PyObject *py_flags(PyObject *self, PyObject *unused) {
#ifdef __OPTIMIZE__
  int optimized = 1;
#else
  int optimized = 0;
#endif
#ifdef NDEBUG
  int ndebug = 1;
#else
  int ndebug = 0;
#endif
  return Py_BuildValue("(iis)", optimized, ndebug, __FILE__ " " __DATE__ " " __TIME__);
}

static PyMethodDef methods[] = {{"where", py_where, METH_NOARGS, "Where the library was compiled."},
                                {"flags", py_flags, METH_NOARGS, "How this file was compiled."},
                                {NULL}};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "make_ext", NULL, -1, methods};

PyMODINIT_FUNC PyInit_make_ext(void) { return PyModule_Create(&module); }
