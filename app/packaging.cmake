# cmake --install and CPack (DEB, TGZ). The library dependencies of the DEB come from dpkg-shlibdeps; what is opened at run
# time only is named here: the GL dispatch libraries and a driver, and Qt's platform plugins.
set(programs guidescope-cli)
if(TARGET guidescope)
  list(APPEND programs guidescope)
  install(FILES ${CMAKE_SOURCE_DIR}/app/guidescope.desktop DESTINATION ${CMAKE_INSTALL_DATADIR}/applications)
  install(FILES ${CMAKE_SOURCE_DIR}/assets/icons/guidescope.svg
          DESTINATION ${CMAKE_INSTALL_DATADIR}/icons/hicolor/scalable/apps)
endif()
install(TARGETS ${programs} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
install(FILES ${CMAKE_SOURCE_DIR}/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CPACK_PACKAGE_NAME guidescope)
set(CPACK_PACKAGE_VENDOR "The Guidescope authors")
set(CPACK_PACKAGE_CONTACT "The Guidescope authors <guidescope@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_DESCRIPTION "Guidescope draws the trajectories of thousands of particles of a diffusion model on 2D toy\n\
distributions and recomputes them while a guidance weight is dragged. It comes with a command\n\
line that samples, measures and renders the same scenes.")
set(CPACK_RESOURCE_FILE_LICENSE ${CMAKE_SOURCE_DIR}/LICENSE)
set(CPACK_GENERATOR "DEB;TGZ")
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libgl1, libegl1, libgl1-mesa-dri")
if(TARGET guidescope)
  string(APPEND CPACK_DEBIAN_PACKAGE_DEPENDS ", qt6-qpa-plugins")
endif()
include(CPack)
