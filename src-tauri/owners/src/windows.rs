//! Windows: owners are SIDs, and what others may do is in a list.

#![expect(
    unsafe_code,
    reason = "Windows tells of owners, lists and processes only through its C interface"
)]

use std::{
    ffi::c_void,
    fs::{File, OpenOptions},
    io,
    os::windows::{
        ffi::OsStringExt as _,
        fs::OpenOptionsExt as _,
        io::{AsHandle, AsRawHandle as _, BorrowedHandle, FromRawHandle as _, OwnedHandle},
    },
    path::{Path, PathBuf},
    ptr::null_mut,
};

use windows_sys::{
    Win32::{
        Foundation::{ERROR_SUCCESS, HANDLE, LocalFree},
        Security::{
            Authorization::{
                ConvertSecurityDescriptorToStringSecurityDescriptorW, ConvertSidToStringSidW,
                GetSecurityInfo, SDDL_REVISION_1, SE_FILE_OBJECT,
            },
            DACL_SECURITY_INFORMATION, GetTokenInformation, OWNER_SECURITY_INFORMATION, PSID,
            TOKEN_QUERY, TOKEN_USER, TokenUser,
        },
        Storage::FileSystem::{
            FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT, FILE_GENERIC_READ,
            FILE_READ_ATTRIBUTES, FILE_SHARE_READ, FILE_SHARE_WRITE, READ_CONTROL,
        },
        System::{
            Com::CoTaskMemFree,
            Pipes::GetNamedPipeServerProcessId,
            Threading::{
                GetCurrentProcess, OpenProcess, OpenProcessToken, PROCESS_QUERY_LIMITED_INFORMATION,
            },
        },
        UI::Shell::{FOLDERID_ProgramData, SHGetKnownFolderPath},
    },
    core::PWSTR,
};

use super::{Error, Fault, Keepers, sddl};

pub(super) fn stranger(_path: &Path) -> Option<u32> {
    None
}

pub(super) fn system_folder() -> Option<PathBuf> {
    let mut path: PWSTR = null_mut();
    // SAFETY: the GUID is a constant; the path is written by the system and freed below, also after a failure.
    let result =
        unsafe { SHGetKnownFolderPath(&FOLDERID_ProgramData, 0, null_mut(), &raw mut path) };
    // SAFETY: a path that the call has written, ended by a zero.
    let folder = (result == 0).then(|| unsafe { wide(path) });
    // SAFETY: allocated by the call above; null is allowed.
    unsafe { CoTaskMemFree(path.cast::<c_void>()) };
    Some(PathBuf::from(folder?).join("Patchcord"))
}

/// Opens a file, with every folder above it held open so that none can be renamed meanwhile.
pub(super) fn open(file: &Path, keepers: Keepers) -> Result<Option<File>, Error> {
    let file = std::path::absolute(file)?;
    let user = process_user(None)?;
    let mut fault = None;
    let mut held = Vec::new();
    let mut above: Vec<&Path> = file.ancestors().skip(1).collect();
    above.reverse();
    for (path, folder) in above.into_iter().map(|path| (path, true)).chain([(&*file, false)]) {
        let opened = match look_at(path, folder) {
            Ok(opened) => opened,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::Io(error)),
        };
        if fault.is_none() {
            fault = judge(&opened, folder, keepers, &user)?.map(|fault| (path.to_owned(), fault));
        }
        held.push(opened);
    }
    match (fault, held.pop()) {
        (Some((path, fault)), _) => Err(Error::Untrusted { path, fault }),
        (None, opened) => Ok(opened),
    }
}

/// Opens a folder to look at it, or a file to read it; a link itself and not its target. Nobody can rename or delete the
/// file while it is open, nor a folder that has something open in it. Source: Microsoft, MS-FSA, "FileRenameInformation".
fn look_at(path: &Path, folder: bool) -> io::Result<File> {
    let access =
        if folder { READ_CONTROL | FILE_READ_ATTRIBUTES } else { READ_CONTROL | FILE_GENERIC_READ };
    OpenOptions::new()
        .access_mode(access)
        .share_mode(FILE_SHARE_READ | FILE_SHARE_WRITE)
        .custom_flags(FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT)
        .open(path)
}

fn judge(
    opened: &File,
    folder: bool,
    keepers: Keepers,
    user: &str,
) -> Result<Option<Fault>, Error> {
    if opened.metadata()?.file_type().is_symlink() {
        return Ok(Some(Fault::Link));
    }
    let (owner, descriptor) = descriptor(opened)?;
    Ok(sddl::judge(&descriptor, &owner, folder, keepers, user))
}

/// Returns owner and list of an opened file, as the system writes them.
fn descriptor(opened: &File) -> io::Result<(String, String)> {
    let wanted = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    let (mut owner, mut found): (PSID, *mut c_void) = (null_mut(), null_mut());
    // SAFETY: the handle is open; what is not asked for may be null; `found` is freed below.
    let result = unsafe {
        GetSecurityInfo(
            opened.as_raw_handle(),
            SE_FILE_OBJECT,
            wanted,
            &raw mut owner,
            null_mut(),
            null_mut(),
            null_mut(),
            &raw mut found,
        )
    };
    if result != ERROR_SUCCESS {
        return Err(io::Error::from_raw_os_error(result.cast_signed()));
    }
    let mut text: PWSTR = null_mut();
    // SAFETY: `found` is the descriptor of the call above, `owner` points into it; `text` is freed below.
    let written = unsafe {
        ConvertSecurityDescriptorToStringSecurityDescriptorW(
            found,
            SDDL_REVISION_1,
            wanted,
            &raw mut text,
            null_mut(),
        )
    };
    let result = if written == 0 {
        Err(io::Error::last_os_error())
    } else {
        // SAFETY: `owner` points into `found`, which is still there; `text` ends with a zero.
        unsafe { spelled(owner).map(|owner| (owner, wide(text))) }
    };
    // SAFETY: both were allocated by the system for us; null is allowed.
    unsafe {
        LocalFree(text.cast::<c_void>());
        LocalFree(found);
    }
    result
}

/// Says whether a process runs as this user. A process that may not be asked is somebody else's.
pub fn is_this_users_process(pid: u32) -> bool {
    match (process_user(Some(pid)), process_user(None)) {
        (Ok(theirs), Ok(ours)) => theirs == ours,
        (Err(_), _) | (_, Err(_)) => false,
    }
}

/// Returns the process that made the named pipe at whose other end this is.
///
/// # Errors
///
/// It is no pipe.
pub fn pipe_server(pipe: BorrowedHandle<'_>) -> io::Result<u32> {
    let mut pid = 0;
    // SAFETY: the handle is open as long as it is borrowed.
    match unsafe { GetNamedPipeServerProcessId(pipe.as_raw_handle(), &raw mut pid) } {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(pid),
    }
}

/// Returns the SID of the user that a process runs as; this one without a number.
fn process_user(pid: Option<u32>) -> io::Result<String> {
    // SAFETY: both calls return a handle or null; that of ourselves needs no closing.
    let process = match pid {
        None => unsafe { GetCurrentProcess() },
        Some(pid) => unsafe { OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, pid) },
    };
    if process.is_null() {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the handle that `OpenProcess` has just given to us alone.
    let _close = pid.map(|_| unsafe { OwnedHandle::from_raw_handle(process) });
    let mut token: HANDLE = null_mut();
    // SAFETY: the process is open.
    if unsafe { OpenProcessToken(process, TOKEN_QUERY, &raw mut token) } == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the handle that was just given to us alone.
    let token = unsafe { OwnedHandle::from_raw_handle(token) };
    // Aligned for what is written into it; longer than any SID (68 bytes) with what stands before it.
    let mut found = [0_u64; 32];
    let mut length = 0;
    // SAFETY: the token is open, and the room is as long as is said.
    let told = unsafe {
        GetTokenInformation(
            token.as_handle().as_raw_handle(),
            TokenUser,
            found.as_mut_ptr().cast::<c_void>(),
            u32::try_from(size_of_val(&found)).unwrap_or_default(),
            &raw mut length,
        )
    };
    if told == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call has written a `TOKEN_USER`, whose SID lies behind it in the same room.
    unsafe { spelled((*found.as_ptr().cast::<TOKEN_USER>()).User.Sid) }
}

/// Spells a SID.
///
/// # Safety
///
/// It points to one.
unsafe fn spelled(sid: PSID) -> io::Result<String> {
    let mut text: PWSTR = null_mut();
    // SAFETY: the caller's promise; `text` is freed below.
    if unsafe { ConvertSidToStringSidW(sid, &raw mut text) } == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: written by the call above, ended by a zero, and ours to free.
    unsafe {
        let spelled = wide(text);
        LocalFree(text.cast::<c_void>());
        Ok(spelled)
    }
}

/// Copies a text.
///
/// # Safety
///
/// It is ended by a zero.
unsafe fn wide(text: PWSTR) -> String {
    let mut length = 0;
    // SAFETY: the caller's promise.
    unsafe {
        while *text.add(length) != 0 {
            length += 1;
        }
        let text = std::slice::from_raw_parts(text, length);
        std::ffi::OsString::from_wide(text).to_string_lossy().into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_ours_and_the_systems_first_one_is_not() {
        assert!(process_user(None).unwrap().starts_with("S-1-5-"));
        assert!(is_this_users_process(std::process::id()));
        assert!(!is_this_users_process(0));
    }

    #[test]
    fn the_folder_of_all_programs_data_is_known_without_the_environment() {
        let folder = system_folder().unwrap();
        assert!(folder.is_absolute() && folder.ends_with("Patchcord"), "{}", folder.display());
    }

    #[test]
    fn owner_and_list_of_a_file_can_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("policy.toml");
        assert!(open(&file, Keepers::OrUser).unwrap().is_none());
        std::fs::write(&file, "x").unwrap();
        let (owner, list) = descriptor(&look_at(&file, false).unwrap()).unwrap();
        assert!(owner.starts_with("S-1-") && list.contains("D:"), "{owner} {list}");
    }
}
